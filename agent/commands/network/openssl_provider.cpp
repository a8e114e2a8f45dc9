// network/openssl_provider.cpp - the algorithms that OpenSSL has here: those of TLS 1.2 and 1.3.
//
// A name that a provider's table lists is linked in, and the default provider lists all there are:
// 1 MB. This table stands in for the list of built-in providers, and has one of that name.
#include <openssl/bio.h>
#include <openssl/core_dispatch.h>
#include <openssl/opensslv.h>

#if OPENSSL_VERSION_MAJOR != 3 || OPENSSL_VERSION_MINOR != 0
#error "these files know the insides of OpenSSL 3.0, no other: -DLIMPET_TLS=OFF builds without"
#endif

extern "C" {

// ---- of libcrypto.a, and of no header that is installed

#define FUNCTIONS(name) extern const OSSL_DISPATCH ossl_##name##_functions[];
FUNCTIONS(sha1)
FUNCTIONS(sha224)
FUNCTIONS(sha256)
FUNCTIONS(sha384)
FUNCTIONS(sha512)
FUNCTIONS(aes128gcm)
FUNCTIONS(aes256gcm)
FUNCTIONS(aes128cbc)
FUNCTIONS(aes256cbc)
FUNCTIONS(aes256ctr)
FUNCTIONS(aes256ecb)
FUNCTIONS(chacha20_ossl_poly1305)
FUNCTIONS(null)
FUNCTIONS(hmac)
FUNCTIONS(kdf_hkdf)
FUNCTIONS(kdf_tls1_3_kdf)
FUNCTIONS(kdf_tls1_prf)
FUNCTIONS(drbg_ctr)
FUNCTIONS(seed_src)
FUNCTIONS(x25519_keyexch)
FUNCTIONS(ecdh_keyexch)
FUNCTIONS(rsa_signature)
FUNCTIONS(ecdsa_signature)
FUNCTIONS(ed25519_signature)
FUNCTIONS(rsa_asym_cipher)
FUNCTIONS(mac_legacy_hmac_signature)
FUNCTIONS(mac_legacy_keymgmt)
FUNCTIONS(rsa_keymgmt)
FUNCTIONS(rsapss_keymgmt)
FUNCTIONS(ec_keymgmt)
FUNCTIONS(x25519_keymgmt)
FUNCTIONS(ed25519_keymgmt)
FUNCTIONS(SubjectPublicKeyInfo_der_to_rsa_decoder)
FUNCTIONS(SubjectPublicKeyInfo_der_to_rsapss_decoder)
FUNCTIONS(SubjectPublicKeyInfo_der_to_ec_decoder)
FUNCTIONS(SubjectPublicKeyInfo_der_to_ed25519_decoder)

struct prov_ctx_st;
int ossl_prov_bio_from_dispatch(const OSSL_DISPATCH* in);
int ossl_prov_seeding_from_dispatch(const OSSL_DISPATCH* in);
prov_ctx_st* ossl_prov_ctx_new();
void ossl_prov_ctx_free(prov_ctx_st* context);
void ossl_prov_ctx_set0_libctx(prov_ctx_st* context, OSSL_LIB_CTX* library);
void ossl_prov_ctx_set0_handle(prov_ctx_st* context, const OSSL_CORE_HANDLE* handle);
void ossl_prov_ctx_set0_core_bio_method(prov_ctx_st* context, BIO_METHOD* method);
BIO_METHOD* ossl_prov_ctx_get0_core_bio_method(prov_ctx_st* context);
BIO_METHOD* ossl_bio_prov_init_bio_method();
int ossl_prov_get_capabilities(void* context, const char* capability, OSSL_CALLBACK* callback,
                               void* argument);

// ossl_provider_info_st of provider_local.h.
struct ProviderInfo {
    const char* name;
    const char* path;
    OSSL_provider_init_fn* init;
    void* parameters;
    unsigned fallback : 1;
};
extern const ProviderInfo ossl_predefined_providers[];
}

namespace {

#define ALGORITHM(names, functions) \
    {names, "provider=default", ossl_##functions##_functions, nullptr}
#define END {nullptr, nullptr, nullptr, nullptr}
#define RSA_NAMES "RSA:rsaEncryption:1.2.840.113549.1.1.1"
#define PSS_NAMES "RSA-PSS:RSASSA-PSS:rsassaPss:1.2.840.113549.1.1.10"
#define EC_NAMES "EC:id-ecPublicKey:1.2.840.10045.2.1"

constexpr OSSL_ALGORITHM digests[]{
    ALGORITHM("SHA1:SHA-1:SSL3-SHA1:1.3.14.3.2.26", sha1),
    ALGORITHM("SHA2-224:SHA-224:SHA224:2.16.840.1.101.3.4.2.4", sha224),
    ALGORITHM("SHA2-256:SHA-256:SHA256:2.16.840.1.101.3.4.2.1", sha256),
    ALGORITHM("SHA2-384:SHA-384:SHA384:2.16.840.1.101.3.4.2.2", sha384),
    ALGORITHM("SHA2-512:SHA-512:SHA512:2.16.840.1.101.3.4.2.3", sha512),
    END};
constexpr OSSL_ALGORITHM ciphers[]{
    ALGORITHM("AES-128-GCM:id-aes128-GCM:2.16.840.1.101.3.4.1.6", aes128gcm),
    ALGORITHM("AES-256-GCM:id-aes256-GCM:2.16.840.1.101.3.4.1.46", aes256gcm),
    ALGORITHM("ChaCha20-Poly1305", chacha20_ossl_poly1305),
    ALGORITHM("AES-128-CBC:AES128:2.16.840.1.101.3.4.1.2", aes128cbc),
    ALGORITHM("AES-256-CBC:AES256:2.16.840.1.101.3.4.1.42", aes256cbc),
    ALGORITHM("AES-256-CTR", aes256ctr),
    ALGORITHM("AES-256-ECB:2.16.840.1.101.3.4.1.41", aes256ecb),
    ALGORITHM("NULL", null),
    END};
constexpr OSSL_ALGORITHM macs[]{ALGORITHM("HMAC", hmac), END};
constexpr OSSL_ALGORITHM derivations[]{ALGORITHM("HKDF", kdf_hkdf),
                                       ALGORITHM("TLS13-KDF", kdf_tls1_3_kdf),
                                       ALGORITHM("TLS1-PRF", kdf_tls1_prf), END};
constexpr OSSL_ALGORITHM generators[]{ALGORITHM("CTR-DRBG", drbg_ctr),
                                      ALGORITHM("SEED-SRC", seed_src), END};
constexpr OSSL_ALGORITHM exchanges[]{ALGORITHM("X25519:1.3.101.110", x25519_keyexch),
                                     ALGORITHM("ECDH", ecdh_keyexch), END};
constexpr OSSL_ALGORITHM signatures[]{ALGORITHM(RSA_NAMES, rsa_signature),
                                      ALGORITHM("ECDSA", ecdsa_signature),
                                      ALGORITHM("ED25519:1.3.101.112", ed25519_signature),
                                      // Records of TLS 1.2 with CBC.
                                      ALGORITHM("HMAC", mac_legacy_hmac_signature), END};
constexpr OSSL_ALGORITHM encryptions[]{ALGORITHM(RSA_NAMES, rsa_asym_cipher), END};
constexpr OSSL_ALGORITHM keys[]{ALGORITHM(RSA_NAMES, rsa_keymgmt),
                                ALGORITHM(PSS_NAMES, rsapss_keymgmt),
                                ALGORITHM(EC_NAMES, ec_keymgmt),
                                ALGORITHM("X25519:1.3.101.110", x25519_keymgmt),
                                ALGORITHM("ED25519:1.3.101.112", ed25519_keymgmt),
                                ALGORITHM("HMAC", mac_legacy_keymgmt),
                                END};
#define DECODER(names, kind)                                             \
    {names, "provider=default,input=der,structure=SubjectPublicKeyInfo", \
     ossl_SubjectPublicKeyInfo_der_to_##kind##_decoder_functions, nullptr}
constexpr OSSL_ALGORITHM decoders[]{DECODER(RSA_NAMES, rsa), DECODER(PSS_NAMES, rsapss),
                                    DECODER(EC_NAMES, ec), DECODER("ED25519:1.3.101.112", ed25519),
                                    END};

struct Operation {
    int id;
    const OSSL_ALGORITHM* algorithms;
};
constexpr Operation operations[]{{OSSL_OP_DIGEST, digests},
                                 {OSSL_OP_CIPHER, ciphers},
                                 {OSSL_OP_MAC, macs},
                                 {OSSL_OP_KDF, derivations},
                                 {OSSL_OP_RAND, generators},
                                 {OSSL_OP_KEYEXCH, exchanges},
                                 {OSSL_OP_SIGNATURE, signatures},
                                 {OSSL_OP_ASYM_CIPHER, encryptions},
                                 {OSSL_OP_KEYMGMT, keys},
                                 {OSSL_OP_DECODER, decoders}};

const OSSL_ALGORITHM* query(void* /*context*/, int id, int* no_cache) {
    *no_cache = 0;
    for (const auto& one : operations) {
        if (one.id == id) return one.algorithms;
    }
    return nullptr;
}

void teardown(void* context) {
    auto* own = static_cast<prov_ctx_st*>(context);
    BIO_meth_free(ossl_prov_ctx_get0_core_bio_method(own));
    ossl_prov_ctx_free(own);
}

using Function = void (*)();

int start(const OSSL_CORE_HANDLE* handle, const OSSL_DISPATCH* in, const OSSL_DISPATCH** out,
          void** context) {
    static const OSSL_DISPATCH table[]{
        {OSSL_FUNC_PROVIDER_TEARDOWN, reinterpret_cast<Function>(teardown)},
        {OSSL_FUNC_PROVIDER_QUERY_OPERATION, reinterpret_cast<Function>(query)},
        {OSSL_FUNC_PROVIDER_GET_CAPABILITIES,
         reinterpret_cast<Function>(ossl_prov_get_capabilities)},
        {0, nullptr}};
    if (!ossl_prov_bio_from_dispatch(in) || !ossl_prov_seeding_from_dispatch(in)) return 0;
    OSSL_FUNC_core_get_libctx_fn* library = nullptr;
    for (; in->function_id != 0; ++in) {
        if (in->function_id == OSSL_FUNC_CORE_GET_LIBCTX) library = OSSL_FUNC_core_get_libctx(in);
    }
    auto* own = ossl_prov_ctx_new();
    auto* method = ossl_bio_prov_init_bio_method();
    if (!library || !own || !method) {
        BIO_meth_free(method);
        ossl_prov_ctx_free(own);
        return 0;
    }
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): OpenSSL's own two names for it.
    ossl_prov_ctx_set0_libctx(own, reinterpret_cast<OSSL_LIB_CTX*>(library(handle)));
    ossl_prov_ctx_set0_handle(own, handle);
    ossl_prov_ctx_set0_core_bio_method(own, method);
    *context = own;
    *out = table;
    return 1;
}

}  // namespace

extern "C" const ProviderInfo ossl_predefined_providers[]{
    {"default", nullptr, start, nullptr, 1},
    {nullptr, nullptr, nullptr, nullptr, 0},
};
