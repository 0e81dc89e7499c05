"""The certificates of a cluster: three authorities, and one leaf for each part that speaks or listens."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from cluster.paths import API_SERVICE, DOMAIN, NODE, ClusterFolder

VALID = timedelta(days=30)
SKEW = timedelta(minutes=5)
SERVER, CLIENT = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: EllipticCurvePrivateKey

    @property
    def certificate_pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        return encode_private_key(self.key)

    def write(self, folder: Path, name: str) -> None:
        """`<name>.crt` and, for the owner only, `<name>.key`."""
        (folder / f"{name}.crt").write_bytes(self.certificate_pem)
        write_secret(folder / f"{name}.key", self.key_pem)


def create_authority(name: str) -> Pair:
    """A self-signed certificate that signs others."""
    key = generate_private_key(SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    usage = _key_usage(digital_signature=True, key_cert_sign=True, crl_sign=True)
    builder = (
        _builder(subject, subject, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(usage, critical=True)
    )
    return Pair(builder.sign(key, hashes.SHA256()), key)


def issue_certificate(
    signer: Pair,
    name: str,
    usages: Sequence[x509.ObjectIdentifier],
    *,
    group: str = "",
    hosts: Sequence[str] = (),
) -> Pair:
    """A certificate for user `name` in `group`, or for a server at `hosts` (names and addresses)."""
    key = generate_private_key(SECP256R1())
    organization = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group)] if group else []
    subject = x509.Name([*organization, x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        _builder(subject, signer.certificate.subject, key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
    )
    if hosts:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([_general_name(h) for h in hosts]), critical=False
        )
    return Pair(builder.sign(signer.key, hashes.SHA256()), key)


@dataclass(frozen=True, slots=True)
class Authorities:
    """Who signs: for the cluster, for the API server's proxied requests, for etcd."""

    cluster: Pair
    front_proxy: Pair
    etcd: Pair


def write_certificates(folder: ClusterFolder) -> Authorities:
    """Make and write every certificate a new cluster needs."""
    target = folder.certificates
    signers = Authorities(
        create_authority("kubernetes-ca"),
        create_authority("kubernetes-front-proxy-ca"),
        create_authority("etcd-ca"),
    )
    signers.cluster.write(target, "ca")
    signers.front_proxy.write(target, "front-proxy-ca")
    signers.etcd.write(target, "etcd-ca")
    kubernetes = ["kubernetes", "kubernetes.default", "kubernetes.default.svc"]
    api_hosts = [
        *kubernetes,
        f"{kubernetes[-1]}.{DOMAIN}",
        "localhost",
        "127.0.0.1",
        API_SERVICE,
        folder.address,
    ]
    issue_certificate(signers.cluster, "kube-apiserver", [SERVER], hosts=api_hosts).write(target, "apiserver")
    issue_certificate(signers.cluster, NODE, [SERVER], hosts=[NODE, folder.address]).write(target, "kubelet")
    issue_certificate(
        signers.cluster, "kube-apiserver-kubelet-client", [CLIENT], group="system:masters"
    ).write(target, "apiserver-kubelet-client")
    issue_certificate(signers.front_proxy, "front-proxy-client", [CLIENT]).write(target, "front-proxy-client")
    issue_certificate(signers.etcd, "etcd", [SERVER, CLIENT], hosts=["localhost", "127.0.0.1"]).write(
        target, "etcd"
    )
    issue_certificate(signers.etcd, "kube-apiserver-etcd-client", [CLIENT]).write(
        target, "apiserver-etcd-client"
    )
    _write_service_account_keys(target)
    return signers


def write_secret(file: Path, content: bytes) -> None:
    """Write what only the owner may read."""
    file.touch(mode=0o600)
    file.chmod(0o600)
    file.write_bytes(content)


def encode_private_key(key: EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write_service_account_keys(target: Path) -> None:
    key = generate_private_key(SECP256R1())
    write_secret(target / "service-accounts.key", encode_private_key(key))
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    (target / "service-accounts.pub").write_bytes(public)


def _builder(subject: x509.Name, issuer: x509.Name, key: EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SKEW)
        .not_valid_after(now + VALID)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _key_usage(
    *, digital_signature: bool = False, key_cert_sign: bool = False, crl_sign: bool = False
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
