// network/tls_session.cpp - one session of TLS by OpenSSL.
//
// No configuration is read, no module loaded, no default path looked at (security.md, T04): a
// program that starts OpenSSL with them runs what the directory it stands in says.
#include "commands/network/tls_session.h"

#include "parse/calendar.h"
#include "parse/resolver.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>

#include <algorithm>
#include <csignal>
#include <ctime>

namespace limpet::commands {
namespace {

constexpr std::size_t most_roots = 4096;
constexpr int most_depth = 10;

struct Free {
    void operator()(SSL* one) const { SSL_free(one); }
    void operator()(SSL_CTX* one) const { SSL_CTX_free(one); }
    void operator()(BIO* one) const { BIO_free_all(one); }
    void operator()(X509* one) const { X509_free(one); }
    void operator()(BIGNUM* one) const { BN_free(one); }
    void operator()(GENERAL_NAMES* one) const { GENERAL_NAMES_free(one); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

void start() {
    static const bool done = [] {
        // OpenSSL writes with write(2): a connection that is gone is an error and no signal.
        ::signal(SIGPIPE, SIG_IGN);
        // No clean-up at the end either: there is nothing that the kernel does not take back.
        constexpr std::uint64_t how = OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT;
        return OPENSSL_init_ssl(how, nullptr) == 1;
    }();
    static_cast<void>(done);
}

std::string reason() {
    std::string line;
    while (const auto code = ERR_get_error()) {
        const char* text = ERR_reason_error_string(code);
        if (!text) continue;
        if (!line.empty()) line += "; ";
        line += text;
    }
    return line;
}

int version_of(int version) {
    constexpr int numbers[]{TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION, TLS1_3_VERSION};
    return numbers[std::clamp(version - 10, 0, 3)];
}

std::string taken(BIO* out) {
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(out, &bytes);
    return size > 0 ? std::string(bytes, static_cast<std::size_t>(size)) : std::string();
}

std::string name_text(const X509_NAME* name) {
    const Owned<BIO> out(BIO_new(BIO_s_mem()));
    // One line, UTF-8 as it is, control characters as \\0A.
    X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB);
    return taken(out.get());
}

// Not timegm(3) and strftime(3), which load zones and locales.
std::string time_text(const ASN1_TIME* time, std::int64_t& seconds) {
    std::tm parts{};
    if (!time || ASN1_TIME_to_tm(time, &parts) != 1) return "?";
    const auto days = parse::days_from_date(parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday);
    seconds = ((days * 24 + parts.tm_hour) * 60 + parts.tm_min) * 60 + parts.tm_sec;
    return parse::format_time("%Y-%m-%dT%H:%M:%SZ", parse::moment(seconds));
}

std::string hexadecimal(const unsigned char* bytes, std::size_t size, bool colons) {
    std::string text;
    for (std::size_t i = 0; i < size; ++i) {
        char digits[4];
        std::snprintf(digits, sizeof digits, "%02X", bytes[i]);
        if (colons && i > 0) text += ':';
        text += digits;
    }
    return text;
}

void add_names(X509* certificate, std::vector<std::string>& names) {
    constexpr std::size_t most_names = 1000;
    const Owned<GENERAL_NAMES> list(static_cast<GENERAL_NAMES*>(
        X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
    for (int i = 0; list && i < sk_GENERAL_NAME_num(list.get()); ++i) {
        int type = 0;
        const auto* value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(list.get(), i), &type);
        if ((type != GEN_DNS && type != GEN_IPADD) || names.size() == most_names) continue;
        const auto* text = static_cast<const ASN1_STRING*>(value);
        const auto* bytes = ASN1_STRING_get0_data(text);
        const auto size = static_cast<std::size_t>(ASN1_STRING_length(text));
        if (type == GEN_DNS) {
            names.emplace_back(reinterpret_cast<const char*>(bytes), size);
        } else if (size == 4 || size == 16) {
            parse::Address address;
            address.family = size == 4 ? AF_INET : AF_INET6;
            std::copy_n(bytes, size, address.bytes.begin());
            names.push_back(parse::text(address));
        }
    }
}

std::string key_text(X509* certificate) {
    auto* const key = X509_get0_pubkey(certificate);
    if (!key) return "?";
    std::string text(EVP_PKEY_get0_type_name(key) ? EVP_PKEY_get0_type_name(key) : "?");
    char group[64];
    std::size_t size = 0;
    if (EVP_PKEY_get_group_name(key, group, sizeof group, &size) == 1) {
        text.append(" ").append(group, size);
    } else {
        text.append(" ").append(std::to_string(EVP_PKEY_get_bits(key)));
    }
    return text;
}

TlsCertificate describe(X509* one) {
    TlsCertificate result;
    result.subject = name_text(X509_get_subject_name(one));
    result.issuer = name_text(X509_get_issuer_name(one));
    result.not_before = time_text(X509_get0_notBefore(one), result.begins);
    result.not_after = time_text(X509_get0_notAfter(one), result.ends);
    const auto* serial = X509_get0_serialNumber(one);
    result.serial = hexadecimal(ASN1_STRING_get0_data(serial),
                                static_cast<std::size_t>(ASN1_STRING_length(serial)), false);
    result.key = key_text(one);
    result.signature = OBJ_nid2ln(X509_get_signature_nid(one));
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (X509_digest(one, EVP_sha256(), digest, &size) == 1) {
        result.fingerprint = hexadecimal(digest, size, true);
    }
    if (X509_digest(one, EVP_sha1(), digest, &size) == 1) {
        result.fingerprint1 = hexadecimal(digest, size, true);
    }
    add_names(one, result.names);
    const Owned<BIO> out(BIO_new(BIO_s_mem()));
    if (PEM_write_bio_X509(out.get(), one) == 1) result.pem = taken(out.get());
    return result;
}

void add_roots(SSL_CTX* context, const std::string& pem) {
    auto* store = SSL_CTX_get_cert_store(context);
    const Owned<BIO> in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    for (std::size_t count = 0; count < most_roots; ++count) {
        const Owned<X509> root(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
        if (!root) break;
        X509_STORE_add_cert(store, root.get());
    }
    ERR_clear_error();
}

}  // namespace

Result<std::vector<TlsCertificate>> read_certificates(std::string_view pem, std::size_t most) {
    start();
    std::vector<TlsCertificate> found;
    const Owned<BIO> in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    while (found.size() < most) {
        const Owned<X509> one(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
        if (!one) break;
        found.push_back(describe(one.get()));
    }
    ERR_clear_error();
    if (found.empty()) return refused("certificate", "there is none in PEM");
    return found;
}

struct Tls::Session {
    Owned<SSL_CTX> context;
    Owned<SSL> ssl;
    BorrowedFd socket;
};

Tls::Tls(std::unique_ptr<Session> session) : session_(std::move(session)) {}
Tls::~Tls() = default;

Result<std::unique_ptr<Tls>> Tls::begin(BorrowedFd socket, const TlsSettings& settings) {
    start();
    Owned<SSL_CTX> context(SSL_CTX_new(TLS_client_method()));
    if (!context) return refused("tls", "OpenSSL does not start: " + reason());
    SSL_CTX_set_min_proto_version(context.get(), version_of(settings.lowest));
    SSL_CTX_set_max_proto_version(context.get(), version_of(settings.highest));
    SSL_CTX_set_verify(context.get(), settings.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
    SSL_CTX_set_verify_depth(context.get(), most_depth);
    add_roots(context.get(), settings.roots);
    Owned<SSL> ssl(SSL_new(context.get()));
    if (!ssl) return refused("tls", reason());
    const bool address = parse::address(settings.name).has_value();
    if (!settings.name.empty()) {
        if (address) {
            X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl.get()), settings.name.c_str());
        } else {
            if (settings.send_name) SSL_set_tlsext_host_name(ssl.get(), settings.name.c_str());
            SSL_set1_host(ssl.get(), settings.name.c_str());
        }
    }
    std::string wire;
    for (const auto& protocol : settings.protocols) {
        if (protocol.empty() || protocol.size() > 255) return refused("alpn", "a bad name");
        wire += static_cast<char>(protocol.size());
        wire += protocol;
    }
    if (!wire.empty()) {
        SSL_set_alpn_protos(ssl.get(), reinterpret_cast<const unsigned char*>(wire.data()),
                            static_cast<unsigned>(wire.size()));
    }
    if (SSL_set_fd(ssl.get(), socket.get()) != 1) return refused("tls", reason());
    auto session = std::make_unique<Session>(std::move(context), std::move(ssl), socket);
    return std::unique_ptr<Tls>(new Tls(std::move(session)));
}

// What a call of OpenSSL wants before it goes on; an error when there is nothing to wait for.
Result<> Tls::wait(int outcome, std::int64_t deadline, const char* action) {
    const int saved = errno;
    const int want = SSL_get_error(session_->ssl.get(), outcome);
    if (want == SSL_ERROR_WANT_READ || want == SSL_ERROR_WANT_WRITE) {
        const short events = want == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
        if (TRY(ready(session_->socket, events, deadline))) return {};
        return failed(action, "", ETIMEDOUT);
    }
    if (const int code = verdict(); code != X509_V_OK && SSL_in_init(session_->ssl.get())) {
        ERR_clear_error();
        return refused(action, std::string("the certificate is refused: ") +
                                   X509_verify_cert_error_string(code));
    }
    auto text = reason();
    if (text.empty() && want == SSL_ERROR_SYSCALL && saved != 0) return failed(action, "", saved);
    if (text.empty()) text = "the server closed the connection";
    return refused(action, text);
}

Result<> Tls::handshake(std::int64_t deadline) {
    for (;;) {
        ERR_clear_error();
        errno = 0;
        const int done = SSL_connect(session_->ssl.get());
        if (done == 1) return {};
        TRY(wait(done, deadline, "tls handshake"));
    }
}

int Tls::verdict() const { return static_cast<int>(SSL_get_verify_result(session_->ssl.get())); }

TlsReport Tls::report() const {
    TlsReport report;
    auto* const ssl = session_->ssl.get();
    report.verdict = verdict();
    report.verdict_text = X509_verify_cert_error_string(report.verdict);
    auto* const chain = SSL_get_peer_cert_chain(ssl);
    for (int i = 0; chain && i < sk_X509_num(chain); ++i) {
        report.chain.push_back(describe(sk_X509_value(chain, i)));
    }
    const auto* cipher = SSL_get_current_cipher(ssl);
    if (!cipher) return report;
    report.version = SSL_get_version(ssl);
    report.cipher = SSL_CIPHER_get_name(cipher);
    const auto group = SSL_get_negotiated_group(ssl);
    const char* name = group ? OBJ_nid2sn(static_cast<int>(group)) : nullptr;
    if (name) report.group = name;
    const unsigned char* protocol = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl, &protocol, &size);
    report.protocol.assign(reinterpret_cast<const char*>(protocol), protocol ? size : 0);
    int kind = 0;
    if (SSL_get_peer_signature_nid(ssl, &kind) == 1 && OBJ_nid2sn(kind)) {
        report.peer_signature = OBJ_nid2sn(kind);
    }
    return report;
}

Result<std::size_t> Tls::read(std::span<char> bytes, std::int64_t deadline) {
    for (;;) {
        ERR_clear_error();
        errno = 0;
        const auto size = static_cast<int>(std::min<std::size_t>(bytes.size(), 1 << 30));
        const int got = SSL_read(session_->ssl.get(), bytes.data(), size);
        if (got > 0) return static_cast<std::size_t>(got);
        if (SSL_get_error(session_->ssl.get(), got) == SSL_ERROR_ZERO_RETURN) return 0;
        TRY(wait(got, deadline, "tls read"));
    }
}

Result<> Tls::write(std::string_view bytes, std::int64_t deadline) {
    while (!bytes.empty()) {
        ERR_clear_error();
        errno = 0;
        const auto size = static_cast<int>(std::min<std::size_t>(bytes.size(), 1 << 30));
        const int sent = SSL_write(session_->ssl.get(), bytes.data(), size);
        if (sent > 0) {
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        } else {
            TRY(wait(sent, deadline, "tls write"));
        }
    }
    return {};
}

}  // namespace limpet::commands
