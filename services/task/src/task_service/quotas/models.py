"""Table of what each account keeps."""

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel


class AccountUsage(SQLModel, table=True):
    """How much an account keeps of each kind. Kept by `recorder` and `repository`, in each transaction."""

    __tablename__ = "account_usage"

    user_id: str = Field(primary_key=True)
    tasks: int = Field(default=0, sa_type=BigInteger)
    trashed_tasks: int = Field(default=0, sa_type=BigInteger)
    bytes_of_text: int = Field(default=0, sa_type=BigInteger)
    bytes_in_trash: int = Field(default=0, sa_type=BigInteger)
    projects: int = Field(default=0, sa_type=BigInteger)
    trashed_projects: int = Field(default=0, sa_type=BigInteger)
    labels: int = Field(default=0, sa_type=BigInteger)
    filters: int = Field(default=0, sa_type=BigInteger)
    bytes_of_history: int = Field(default=0, sa_type=BigInteger)
