from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from cluster.certificates import CLIENT, SERVER, create_authority, issue_certificate, write_certificates
from cluster.kubeconfigs import CLIENTS, build_kubeconfig, write_kubeconfigs
from cluster.paths import API_SERVICE, ClusterFolder

MADE_UP = "192.0.2.10"


@pytest.fixture
def folder(tmp_path: Path) -> ClusterFolder:
    folder = ClusterFolder(tmp_path, MADE_UP)
    folder.make()
    return folder


def subject(certificate: x509.Certificate, part: x509.ObjectIdentifier) -> list[str | bytes]:
    return [attribute.value for attribute in certificate.subject.get_attributes_for_oid(part)]


class TestLeaf:
    def test_is_signed_by_its_authority_and_by_no_other(self) -> None:
        ours, theirs = create_authority("same name"), create_authority("same name")
        certificate = issue_certificate(ours, "ada", [CLIENT]).certificate
        certificate.verify_directly_issued_by(ours.certificate)
        with pytest.raises(InvalidSignature):
            certificate.verify_directly_issued_by(theirs.certificate)

    def test_names_user_and_group_as_the_api_server_reads_them(self) -> None:
        certificate = issue_certificate(
            create_authority("ca"), "system:node:a", [CLIENT], group="system:nodes"
        ).certificate
        assert subject(certificate, NameOID.COMMON_NAME) == ["system:node:a"]
        assert subject(certificate, NameOID.ORGANIZATION_NAME) == ["system:nodes"]

    def test_serves_only_the_hosts_it_names(self) -> None:
        certificate = issue_certificate(
            create_authority("ca"), "server", [SERVER], hosts=["localhost", "127.0.0.1"]
        ).certificate
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert names.get_values_for_type(x509.DNSName) == ["localhost"]
        assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]

    def test_is_no_authority_itself(self) -> None:
        certificate = issue_certificate(create_authority("ca"), "ada", [CLIENT]).certificate
        assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        usages = list(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
        assert usages == [ExtendedKeyUsageOID.CLIENT_AUTH]


class TestWriteCertificates:
    def test_the_api_server_is_known_by_its_service_and_the_node(self, folder: ClusterFolder) -> None:
        write_certificates(folder)
        content = (folder.certificates / "apiserver.crt").read_bytes()
        names = x509.load_pem_x509_certificate(content).extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        )
        addresses = {str(address) for address in names.value.get_values_for_type(x509.IPAddress)}
        assert addresses == {API_SERVICE, MADE_UP, "127.0.0.1"}

    def test_only_the_owner_reads_keys(self, folder: ClusterFolder) -> None:
        write_certificates(folder)
        keys = list(folder.certificates.glob("*.key"))
        assert len(keys) == 10
        assert {key.stat().st_mode & 0o777 for key in keys} == {0o600}


class TestKubeconfigs:
    def test_each_client_gets_its_own(self, folder: ClusterFolder) -> None:
        write_kubeconfigs(folder, write_certificates(folder))
        assert {file.stem for file in folder.certificates.glob("*.conf")} == set(CLIENTS)
        assert folder.kubeconfig.stat().st_mode & 0o777 == 0o600

    def test_its_context_leads_to_the_server(self) -> None:
        signer = create_authority("ca")
        content = build_kubeconfig(
            "https://192.0.2.10:6443", signer, issue_certificate(signer, "ada", [CLIENT])
        )
        context = content["contexts"][0]
        assert content["current-context"] == context["name"]
        assert context["context"]["cluster"] == content["clusters"][0]["name"]
        assert content["clusters"][0]["cluster"]["server"] == "https://192.0.2.10:6443"
