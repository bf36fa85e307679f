"""Certificates for tests: a CA that is not the hub's, device certificates of every kind, and TLS contexts."""

import datetime
import ssl

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

OCF_IDENTITY = x509.ObjectIdentifier("1.3.6.1.4.1.44924.1.6")
_TLS_PURPOSES = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]


def _name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(subject, issuer, key, days):
    now = datetime.datetime.utcnow()
    start = now - datetime.timedelta(days=2)
    return (x509.CertificateBuilder().subject_name(_name(subject)).issuer_name(issuer).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(start)
            .not_valid_after(now + datetime.timedelta(days=days)))


class Authority:
    """A CA with an ECDSA P-256 key; below another one, if there is an issuer."""

    def __init__(self, folder, name="Foreign Root", issuer=None):
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        signer = issuer or self
        self.certificate = (
            _builder(name, issuer.certificate.subject if issuer else _name(name), self.key, 30)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(x509.KeyUsage(False, False, False, False, False, True, True, False, False), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.key.public_key()), critical=False)
            .sign(signer.key, hashes.SHA256()))
        self.file = folder / f"{name.replace(' ', '-').lower()}.pem"
        self.file.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    def device(self, di, *, common_name=None, purposes=(OCF_IDENTITY,), days=30, chain=()):
        """(certificate file, key file); the common name is uuid:<di> where none is given. `chain`: CAs sent with it."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = f"uuid:{di}" if common_name is None else common_name
        certificate = (
            _builder(subject, self.certificate.subject, key, days)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.KeyUsage(True, False, False, False, True, False, False, False, False), critical=True)
            .add_extension(x509.ExtendedKeyUsage(_TLS_PURPOSES + list(purposes)), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
            .sign(self.key, hashes.SHA256()))
        prefix = self.folder / f"foreign-{certificate.serial_number:x}"
        crt, pem = prefix.with_suffix(".crt"), prefix.with_suffix(".key")
        crt.write_bytes(b"".join(c.public_bytes(serialization.Encoding.PEM)
                                 for c in (certificate, *(ca.certificate for ca in chain))))
        pem.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                          serialization.NoEncryption()))
        return crt, pem

    def revocations(self, *certificate_files, days=30):
        """The file of its CRL, which names these; days < 0: the next one is overdue."""
        now = datetime.datetime.utcnow()
        builder = (x509.CertificateRevocationListBuilder().issuer_name(self.certificate.subject)
                   .last_update(now - datetime.timedelta(days=30)).next_update(now + datetime.timedelta(days=days)))
        for file in certificate_files:
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder().serial_number(certificate_in(file).serial_number)
                .revocation_date(now - datetime.timedelta(days=1)).build())
        path = self.file.with_suffix(".crl")
        path.write_bytes(builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        return path


def certificate_in(file):
    """The first certificate of a PEM file."""
    return x509.load_pem_x509_certificate(file.read_bytes())


def serial_in(file):
    """Its serial, as the hub writes it."""
    digits = f"{certificate_in(file).serial_number:x}"
    return digits.rjust(len(digits) + len(digits) % 2, "0")


def client_context(crt, key, ca, *, version=None, ciphers=None, alpn=()):
    """As a device: a certificate of its own, the hub's chain checked, no host name. `version`: the only TLS version;
    `alpn`: the protocols to offer."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(ca)
    if crt:
        context.load_cert_chain(crt, key)
    if version:
        context.minimum_version = context.maximum_version = version
    if ciphers:
        context.set_ciphers(ciphers)
    if alpn:
        context.set_alpn_protocols(alpn)
    return context
