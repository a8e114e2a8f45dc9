// network/openssl_methods.cpp - the kinds of keys and of certificates' extensions that OpenSSL asks
// its own tables for. Those tables name everything that it can do, which is 300 KB: these have what
// a client of TLS meets.
#include <openssl/asn1t.h>
#include <openssl/core.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include <charconv>
#include <cstdarg>
#include <cstring>
#include <initializer_list>
#include <string_view>

// As in openssl_unused.cpp: whatever comes in after all brings the real one.
#define WEAK __attribute__((weak))

extern "C" {

// ---- keys: evp_pkey_asn1_method_st of crypto/asn1.h, as far as it is looked into here

struct KeyMethod {
    int kind, base;
    unsigned long flags;
    const char* pem_name;
    const char* info;
};
extern const KeyMethod ossl_rsa_asn1_meths[];
extern const KeyMethod ossl_rsa_pss_asn1_meth, ossl_eckey_asn1_meth, ossl_ecx25519_asn1_meth,
    ossl_ed25519_asn1_meth;

static const KeyMethod* const key_methods[]{&ossl_rsa_asn1_meths[0], &ossl_rsa_pss_asn1_meth,
                                            &ossl_eckey_asn1_meth, &ossl_ecx25519_asn1_meth,
                                            &ossl_ed25519_asn1_meth};

WEAK const EVP_PKEY_ASN1_METHOD* EVP_PKEY_asn1_find(ENGINE** engine, int kind) {
    if (engine) *engine = nullptr;
    // 19 is an old name for RSA: X.500 has it.
    if (kind == EVP_PKEY_RSA2) kind = EVP_PKEY_RSA;
    for (const auto* one : key_methods) {
        if (one->kind == kind) return reinterpret_cast<const EVP_PKEY_ASN1_METHOD*>(one);
    }
    return nullptr;
}

WEAK const EVP_PKEY_ASN1_METHOD* EVP_PKEY_asn1_find_str(ENGINE** engine, const char* text,
                                                        int size) {
    if (engine) *engine = nullptr;
    const std::string_view name =
        size < 0 ? std::string_view(text) : std::string_view(text, static_cast<std::size_t>(size));
    for (const auto* one : key_methods) {
        if (one->pem_name && one->pem_name == name) {
            return reinterpret_cast<const EVP_PKEY_ASN1_METHOD*>(one);
        }
    }
    return nullptr;
}

// ---- extensions

extern const X509V3_EXT_METHOD ossl_v3_skey_id, ossl_v3_akey_id, ossl_v3_key_usage, ossl_v3_bcons,
    ossl_v3_ext_ku, ossl_v3_nscert, ossl_v3_name_constraints;
extern const X509V3_EXT_METHOD ossl_v3_alt[];  // subject, issuer, of CRLs

static const X509V3_EXT_METHOD* extension(int kind) {
    for (const auto* one :
         {&ossl_v3_skey_id, &ossl_v3_akey_id, &ossl_v3_key_usage, &ossl_v3_bcons, &ossl_v3_ext_ku,
          &ossl_v3_nscert, &ossl_v3_name_constraints, &ossl_v3_alt[0], &ossl_v3_alt[1]}) {
        if (one->ext_nid == kind) return one;
    }
    return nullptr;
}

WEAK const X509V3_EXT_METHOD* X509V3_EXT_get(X509_EXTENSION* one) {
    return extension(OBJ_obj2nid(X509_EXTENSION_get_object(one)));
}

WEAK void* X509V3_EXT_d2i(X509_EXTENSION* one) {
    const auto* method = X509V3_EXT_get(one);
    const auto* value = X509_EXTENSION_get_data(one);
    if (!method || !value) return nullptr;
    const unsigned char* bytes = ASN1_STRING_get0_data(value);
    const auto size = ASN1_STRING_length(value);
    if (method->it) return ASN1_item_d2i(nullptr, &bytes, size, ASN1_ITEM_ptr(method->it));
    return method->d2i ? method->d2i(nullptr, &bytes, size) : nullptr;
}

// The one extension of that kind. `critical`: 0 or 1, or -1 when there is none and -2 for more than
// one. An extension that we do not read counts as not there: a critical one still ends the
// verification, by the list in v3_purp.c.
WEAK void* X509V3_get_d2i(const STACK_OF(X509_EXTENSION) * list, int kind, int* critical,
                          int* index) {
    int found = -1;
    const int first = index ? *index + 1 : 0;
    const bool known = extension(kind) != nullptr;
    for (int i = first < 0 ? 0 : first; known && i < sk_X509_EXTENSION_num(list); ++i) {
        if (OBJ_obj2nid(X509_EXTENSION_get_object(sk_X509_EXTENSION_value(list, i))) != kind) {
            continue;
        }
        const bool twice = found >= 0;
        if (twice) {
            if (critical) *critical = -2;
            return nullptr;
        }
        found = i;
        if (index) break;
    }
    if (index) *index = found;
    if (found < 0) {
        if (critical) *critical = -1;
        return nullptr;
    }
    auto* one = sk_X509_EXTENSION_value(list, found);
    if (critical) *critical = X509_EXTENSION_get_critical(one);
    return X509V3_EXT_d2i(one);
}

// ---- data that tables point to: keys that no algorithm of ours has, methods of DTLS, a lock for
// names.
#define NO_FUNCTIONS(name)                  \
    extern WEAK const OSSL_DISPATCH name[]; \
    const OSSL_DISPATCH name[]{{0, nullptr}};
NO_FUNCTIONS(ossl_dh_keymgmt_functions)
NO_FUNCTIONS(ossl_dhx_keymgmt_functions)
NO_FUNCTIONS(ossl_dsa_keymgmt_functions)
extern WEAK void* const DTLSv1_enc_data[16];
void* const DTLSv1_enc_data[16]{};
extern WEAK void* const DTLSv1_2_enc_data[16];
void* const DTLSv1_2_enc_data[16]{};
WEAK void* bio_lookup_lock = nullptr;

// P-256 has 170 KB of code and tables of its own for servers with thousands of handshakes a second.
// One costs a millisecond more without; the general code is constant in time as well.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
WEAK const EC_METHOD* EC_GFp_nistz256_method() { return EC_GFp_mont_method(); }
WEAK const EC_METHOD* EC_GFp_nistp224_method() { return EC_GFp_mont_method(); }
WEAK const EC_METHOD* EC_GFp_nistp521_method() { return EC_GFp_mont_method(); }
#pragma GCC diagnostic pop

// What certificates are signed with, by the names of their identifiers.
WEAK void openssl_add_all_digests_int() {
    for (const auto* digest :
         {EVP_sha1(), EVP_sha224(), EVP_sha256(), EVP_sha384(), EVP_sha512()}) {
        EVP_add_digest(digest);
    }
}

// ---- lists of names, "X25519:P-256", which libssl takes apart with a function of configuration
// files

WEAK int CONF_parse_list(const char* list, int separator, int trims,
                         int (*take)(const char* element, int length, void* argument),
                         void* argument) {
    if (!list) return 0;
    for (std::string_view rest(list);;) {
        const auto end = rest.find(static_cast<char>(separator));
        auto element = rest.substr(0, end);
        while (trims && element.starts_with(' ')) element.remove_prefix(1);
        while (trims && element.ends_with(' ')) element.remove_suffix(1);
        const int done = take(element.empty() ? nullptr : element.data(),
                              static_cast<int>(element.size()), argument);
        if (done <= 0 || end == rest.npos) return done;
        rest.remove_prefix(end + 1);
    }
}

// ---- sscanf(3), which OpenSSL has for one thing: "%d.%d.%d.%d%n" of an address. That of glibc
// brings character sets and locales with it; nothing else in the agent calls it.

// NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
int __isoc99_sscanf(const char* text, const char* format, ...) {
    const char* const begin = text;
    int taken = 0;
    va_list arguments;
    va_start(arguments, format);
    for (; *format != '\0'; ++format) {
        if (*format != '%') {
            if (*text != *format) break;
            ++text;
        } else if (*++format == 'n') {
            *va_arg(arguments, int*) = static_cast<int>(text - begin);
        } else {
            int value = 0;
            const auto [end, problem] = std::from_chars(text, text + std::strlen(text), value);
            if (*format != 'd' || problem != std::errc{}) break;
            *va_arg(arguments, int*) = value;
            text = end;
            ++taken;
        }
    }
    va_end(arguments);
    return taken;
}

}  // extern "C"
