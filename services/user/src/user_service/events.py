"""Account → event."""

from contracts.user import UserDeleted, UserSignedUp, UserUpdated
from user_service.models import User


def user_signed_up(user: User) -> UserSignedUp:
    return UserSignedUp(user_id=user.id, email=user.email, name=user.name, time_zone=user.time_zone)


def user_updated(user: User) -> UserUpdated:
    return UserUpdated(user_id=user.id, email=user.email, name=user.name, time_zone=user.time_zone)


def user_deleted(user: User) -> UserDeleted:
    return UserDeleted(user_id=user.id)
