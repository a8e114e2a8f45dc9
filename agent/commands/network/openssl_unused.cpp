// network/openssl_unused.cpp - what objects of libcrypto.a and libssl.a refer to and we do not use.
//
// Debian's archive links whole objects: the client's half of TLS names the server's, DTLS, engines,
// configuration, stores, OCSP and much else, 3 MB in all. With the names here these members stay
// out. Each says no as its own kind would: nothing there (0) or, where a caller would stop, done
// (1). Weak: a member that comes in after all, with another release, brings the real one.
// tests/sessions/tls.py sees what is left at work.

// No header of OpenSSL here: it would have other ideas of what these are.
extern "C" {

long limpet_openssl_none() { return 0; }
long limpet_openssl_done() { return 1; }

#define NONE(name) long name() __attribute__((weak, alias("limpet_openssl_none")));
#define DONE(name) long name() __attribute__((weak, alias("limpet_openssl_done")));

// clang-format off
// The server's half of the handshake: tables name it, a client never runs it.
NONE(ossl_statem_server_construct_message) NONE(ossl_statem_server_max_message_size)
NONE(ossl_statem_server_post_process_message) NONE(ossl_statem_server_post_work)
NONE(ossl_statem_server_pre_work) NONE(ossl_statem_server_process_message)
NONE(ossl_statem_server_read_transition) NONE(ossl_statem_server_write_transition)
NONE(send_certificate_request) NONE(tls_construct_stoc_alpn) NONE(tls_construct_stoc_cookie)
NONE(tls_construct_stoc_cryptopro_bug) NONE(tls_construct_stoc_early_data)
NONE(tls_construct_stoc_ec_pt_formats) NONE(tls_construct_stoc_ems) NONE(tls_construct_stoc_etm)
NONE(tls_construct_stoc_key_share) NONE(tls_construct_stoc_maxfragmentlen)
NONE(tls_construct_stoc_next_proto_neg) NONE(tls_construct_stoc_psk)
NONE(tls_construct_stoc_renegotiate) NONE(tls_construct_stoc_server_name)
NONE(tls_construct_stoc_session_ticket) NONE(tls_construct_stoc_status_request)
NONE(tls_construct_stoc_supported_groups) NONE(tls_construct_stoc_supported_versions)
NONE(tls_construct_stoc_use_srtp) NONE(tls_handle_alpn) NONE(tls_parse_ctos_alpn)
NONE(tls_parse_ctos_cookie) NONE(tls_parse_ctos_early_data) NONE(tls_parse_ctos_ec_pt_formats)
NONE(tls_parse_ctos_ems) NONE(tls_parse_ctos_etm) NONE(tls_parse_ctos_key_share)
NONE(tls_parse_ctos_maxfragmentlen) NONE(tls_parse_ctos_npn)
NONE(tls_parse_ctos_post_handshake_auth) NONE(tls_parse_ctos_psk)
NONE(tls_parse_ctos_psk_kex_modes) NONE(tls_parse_ctos_renegotiate)
NONE(tls_parse_ctos_server_name) NONE(tls_parse_ctos_session_ticket) NONE(tls_parse_ctos_sig_algs)
NONE(tls_parse_ctos_sig_algs_cert) NONE(tls_parse_ctos_srp) NONE(tls_parse_ctos_status_request)
NONE(tls_parse_ctos_supported_groups) NONE(tls_parse_ctos_use_srtp)

// DTLS and its SRTP.
NONE(DTLS_RECORD_LAYER_clear) NONE(SSL_get_srtp_profiles) NONE(dtls1_buffer_record)
NONE(dtls1_clear) NONE(dtls1_clear_received_buffer) NONE(dtls1_ctrl) NONE(dtls1_default_timeout)
NONE(dtls1_dispatch_alert) NONE(dtls1_free) NONE(dtls1_get_bitmap) NONE(dtls1_new)
NONE(dtls1_process_buffered_records) NONE(dtls1_read_bytes) NONE(dtls1_record_bitmap_update)
NONE(dtls1_record_replay_check) NONE(dtls1_reset_seq_numbers) NONE(dtls1_retrieve_buffered_record)
NONE(dtls1_shutdown) NONE(dtls1_start_timer) NONE(dtls1_stop_timer)
NONE(dtls1_write_app_data_bytes)

// SRP, and the configuration of a whole system.
NONE(srp_generate_client_master_secret) NONE(srp_verify_server_param)
NONE(ssl_ctx_srp_ctx_free_intern) NONE(ssl_ctx_system_config) NONE(ssl_srp_calc_a_param_intern)
NONE(ssl_srp_ctx_free_intern)

// Engines, and keys that only they have.
NONE(ENGINE_by_id) NONE(ENGINE_free) NONE(ENGINE_get_EC) NONE(ENGINE_get_RAND) NONE(ENGINE_get_RSA)
NONE(ENGINE_get_cipher) NONE(ENGINE_get_cipher_engine) NONE(ENGINE_get_default_EC)
NONE(ENGINE_get_default_RAND) NONE(ENGINE_get_default_RSA) NONE(ENGINE_get_digest)
NONE(ENGINE_get_digest_engine) NONE(ENGINE_get_id) NONE(ENGINE_get_pkey_meth)
NONE(ENGINE_get_pkey_meth_engine) NONE(ENGINE_get_ssl_client_cert_function) NONE(ENGINE_init)
NONE(ENGINE_load_ssl_client_cert) NONE(ENGINE_register_all_complete) NONE(engine_cleanup_int)
NONE(engine_load_afalg_int) NONE(engine_load_dynamic_int) NONE(engine_load_openssl_int)
NONE(engine_load_padlock_int)

// Modules, stores, configuration and jobs: nothing is loaded from anywhere.
NONE(ASYNC_WAIT_CTX_free) NONE(ASYNC_WAIT_CTX_get_all_fds) NONE(ASYNC_WAIT_CTX_get_changed_fds)
NONE(ASYNC_WAIT_CTX_get_status) NONE(ASYNC_WAIT_CTX_new) NONE(ASYNC_WAIT_CTX_set_callback)
NONE(ASYNC_get_current_job) NONE(ASYNC_start_job) NONE(CONF_imodule_get_value)
NONE(CONF_module_add) NONE(CONF_modules_load_file_ex) NONE(DSO_bind_func)
NONE(DSO_convert_filename) NONE(DSO_ctrl) NONE(DSO_free) NONE(DSO_get_filename) NONE(DSO_load)
NONE(DSO_merge) NONE(DSO_new) NONE(NCONF_get0_libctx) NONE(NCONF_get_section)
NONE(OSSL_STORE_INFO_free) NONE(OSSL_STORE_INFO_get0_CERT) NONE(OSSL_STORE_INFO_get0_NAME)
NONE(OSSL_STORE_INFO_get_type) NONE(OSSL_STORE_close) NONE(OSSL_STORE_eof) NONE(OSSL_STORE_error)
NONE(OSSL_STORE_load) NONE(OSSL_STORE_open) NONE(X509_LOOKUP_file) NONE(X509_LOOKUP_hash_dir)
NONE(X509_LOOKUP_store) NONE(async_deinit) NONE(async_init) NONE(ossl_config_int)
NONE(ossl_config_modules_free) NONE(ossl_no_config_int) NONE(ossl_provider_deinit_child)
NONE(ossl_provider_free_parent) NONE(ossl_provider_init_as_child) NONE(ossl_provider_up_ref_parent)
NONE(ossl_store_cleanup_int)

// Certificate transparency, OCSP, CRLs, requests, PKCS#7 and #8.
NONE(CTLOG_STORE_free) NONE(CTLOG_STORE_load_default_file) NONE(CTLOG_STORE_load_file)
NONE(CT_POLICY_EVAL_CTX_free) NONE(CT_POLICY_EVAL_CTX_new_ex) NONE(CT_POLICY_EVAL_CTX_set1_cert)
NONE(CT_POLICY_EVAL_CTX_set1_issuer) NONE(CT_POLICY_EVAL_CTX_set_shared_CTLOG_STORE)
NONE(CT_POLICY_EVAL_CTX_set_time) NONE(NETSCAPE_SPKAC_it) NONE(OCSP_BASICRESP_free)
NONE(OCSP_RESPID_free) NONE(OCSP_RESPONSE_free) NONE(OCSP_SINGLERESP_get1_ext_d2i)
NONE(OCSP_resp_count) NONE(OCSP_resp_get0) NONE(OCSP_response_get1_basic) NONE(OSSL_HTTP_get)
NONE(PKCS7_ISSUER_AND_SERIAL_it) NONE(PKCS7_it) NONE(PKCS8_PRIV_KEY_INFO_free)
NONE(PKCS8_PRIV_KEY_INFO_new) NONE(PKCS8_pkey_get0) NONE(PKCS8_pkey_set0) NONE(SCT_LIST_free)
NONE(SCT_LIST_validate) NONE(SCT_free) NONE(SCT_get_validation_status) NONE(SCT_set_source)
NONE(X509_CRL_INFO_it) NONE(X509_CRL_add0_revoked) NONE(X509_CRL_free) NONE(X509_CRL_get0_by_cert)
NONE(X509_CRL_get0_by_serial) NONE(X509_CRL_get0_lastUpdate) NONE(X509_CRL_get0_nextUpdate)
NONE(X509_CRL_get_REVOKED) NONE(X509_CRL_get_issuer) NONE(X509_CRL_it) NONE(X509_CRL_new_ex)
NONE(X509_CRL_set1_lastUpdate) NONE(X509_CRL_set1_nextUpdate) NONE(X509_CRL_set_issuer_name)
NONE(X509_CRL_set_version) NONE(X509_CRL_up_ref) NONE(X509_CRL_verify) NONE(X509_REQ_INFO_it)
NONE(X509_REQ_get_extensions) NONE(X509_REQ_get_subject_name) NONE(X509_REQ_it)
NONE(X509_REVOKED_dup) NONE(X509_REVOKED_free) NONE(X509_policy_check) NONE(X509_policy_tree_free)
NONE(d2i_OCSP_RESPONSE) NONE(d2i_PKCS8_PRIV_KEY_INFO) NONE(i2d_OCSP_RESPID)
NONE(i2d_PKCS8_PRIV_KEY_INFO) NONE(o2i_SCT_LIST) NONE(ossl_pkcs7_resolve_libctx)
NONE(ossl_policy_cache_free)

// Extensions of certificates that nobody asks for.
NONE(ASIdentifiers_free) NONE(AUTHORITY_INFO_ACCESS_free) NONE(CRL_DIST_POINTS_free)
NONE(DIST_POINT_set_dpname) NONE(IPAddressFamily_free) NONE(PROXY_CERT_INFO_EXTENSION_free)
NONE(X509V3_add1_i2d) NONE(X509V3_get_section) NONE(X509V3_section_free)

// DH, DSA, SM2, X448 and Ed448; curves by their own code (the general one does all of them).
NONE(BN_get_rfc2409_prime_1024) NONE(BN_get_rfc3526_prime_2048) NONE(BN_get_rfc3526_prime_3072)
NONE(BN_get_rfc3526_prime_4096) NONE(BN_get_rfc3526_prime_8192) NONE(DH_free) NONE(DH_get0_g)
NONE(DH_get0_p) NONE(DH_get0_priv_key) NONE(DH_get0_pub_key) NONE(DH_get0_q) NONE(DH_get_nid)
NONE(DH_up_ref) NONE(DSA_free) NONE(DSA_get0_g) NONE(DSA_get0_p) NONE(DSA_get0_pqg)
NONE(DSA_get0_pub_key) NONE(DSA_get0_q) NONE(DSA_new) NONE(DSA_up_ref) NONE(EC_GF2m_simple_method)
NONE(EC_nistp224_pre_comp_dup) NONE(EC_nistp224_pre_comp_free) NONE(EC_nistp256_pre_comp_dup)
NONE(EC_nistp256_pre_comp_free) NONE(EC_nistp521_pre_comp_dup) NONE(EC_nistp521_pre_comp_free)
NONE(EC_nistz256_pre_comp_dup) NONE(EC_nistz256_pre_comp_free) NONE(EVP_PKEY_CTX_set_dh_pad)
NONE(d2i_DHparams) NONE(d2i_DHxparams) NONE(d2i_DSAPrivateKey) NONE(d2i_DSAPublicKey)
NONE(d2i_DSAparams) NONE(i2d_DSAPrivateKey) NONE(i2d_DSAPublicKey) NONE(ossl_dh_gen_type_id2name)
NONE(ossl_dh_is_foreign) NONE(ossl_dh_is_named_safe_prime_group) NONE(ossl_dh_key2buf)
NONE(ossl_dh_key_from_pkcs8) NONE(ossl_dh_pkey_method) NONE(ossl_dh_set0_libctx)
NONE(ossl_dhx_pkey_method) NONE(ossl_dsa_is_foreign) NONE(ossl_dsa_key_from_pkcs8)
NONE(ossl_dsa_pkey_method) NONE(ossl_dsa_set0_libctx) NONE(ossl_ec_GF2m_simple_oct2point)
NONE(ossl_ec_GF2m_simple_point2oct) NONE(ossl_ec_GF2m_simple_set_compressed_coordinates)
NONE(ossl_ed448_public_from_private) NONE(ossl_ed448_sign) NONE(ossl_ed448_verify)
NONE(ossl_ffc_named_group_get_name) NONE(ossl_ffc_uid_to_dh_named_group)
NONE(ossl_sm2_key_private_check) NONE(ossl_x448) NONE(ossl_x448_public_from_private)

// Keys with more than two primes, of X9.31, and what makes and checks keys.
NONE(EVP_KEM_free) NONE(EVP_KEM_get0_provider) NONE(EVP_KEM_up_ref) NONE(EVP_PKEY_decapsulate)
NONE(EVP_PKEY_decapsulate_init) NONE(EVP_PKEY_encapsulate) NONE(EVP_PKEY_encapsulate_init)
NONE(RSA_X931_hash_id) NONE(RSA_check_key_ex) NONE(RSA_generate_multi_prime_key)
NONE(RSA_padding_add_X931) NONE(RSA_padding_check_X931) NONE(ossl_rsa_multip_calc_product)
NONE(ossl_rsa_multip_cap) NONE(ossl_rsa_multip_info_free) NONE(ossl_rsa_multip_info_free_ex)
NONE(ossl_rsa_multip_info_new) NONE(ossl_rsa_pkey_method) NONE(ossl_rsa_pss_pkey_method)
NONE(ossl_rsa_validate_pairwise) NONE(ossl_rsa_validate_private) NONE(ossl_rsa_validate_public)
NONE(ossl_rsaz_mod_exp_avx512_x2) NONE(rsaz_1024_gather5_avx2) NONE(rsaz_1024_mul_avx2)
NONE(rsaz_1024_norm2red_avx2) NONE(rsaz_1024_red2norm_avx2) NONE(rsaz_1024_scatter5_avx2)
NONE(rsaz_1024_sqr_avx2) NONE(rsaz_avx2_eligible)

// Methods of keys from before there were providers.
NONE(EVP_PBE_cleanup) NONE(EVP_PKEY_asn1_get0) NONE(EVP_PKEY_asn1_get0_info)
NONE(EVP_PKEY_asn1_get_count) NONE(EVP_PKEY_get0_asn1)

// What writes keys, asks for passwords, prints structures.
NONE(ASN1_generate_v3) NONE(ASN1_item_print) NONE(ASN1_item_sign_ctx) NONE(ASN1_item_sign_ex)
NONE(ASN1_parse_dump) NONE(ASN1_tag2str) NONE(BIO_closesocket) NONE(BIO_socket_wait)
NONE(OSSL_ENCODER_CTX_free) NONE(OSSL_ENCODER_CTX_get_num_encoders)
NONE(OSSL_ENCODER_CTX_new_for_pkey) NONE(OSSL_ENCODER_to_bio) NONE(OSSL_ENCODER_to_data)
NONE(PEM_read_bio_PrivateKey_ex) NONE(UI_add_input_string) NONE(UI_add_verify_string) NONE(UI_free)
NONE(UI_new) NONE(UI_process) NONE(bio_sock_cleanup_int) NONE(dtls1_do_write)
NONE(dtls_construct_change_cipher_spec) NONE(dtls_get_message) NONE(dtls_get_message_body)
NONE(openssl_add_all_ciphers_int) NONE(ossl_ec_pkey_method) NONE(ossl_pw_clear_passphrase_cache)
NONE(ossl_pw_clear_passphrase_data) NONE(ossl_pw_enable_passphrase_caching)
NONE(ossl_pw_passphrase_callback_dec) NONE(ossl_pw_set_ossl_passphrase_cb)
NONE(ossl_pw_set_passphrase) NONE(ossl_pw_set_pem_password_cb) NONE(ossl_pw_set_ui_method)

// Where 0 would be a failure: nothing to load, to flush, to free; and addresses of RFC 3779, which no
// certificate of a server has.
DONE(ossl_err_load_crypto_strings) DONE(ssl_ctx_srp_ctx_init_intern)
DONE(ssl_srp_ctx_init_intern) DONE(X509v3_addr_validate_path) DONE(X509v3_asid_validate_path)
DONE(ossl_encoder_store_cache_flush) DONE(ossl_encoder_store_remove_all_provided)
DONE(ossl_store_loader_store_cache_flush) DONE(ossl_store_loader_store_remove_all_provided)
DONE(CTLOG_STORE_new_ex) DONE(ENGINE_finish)
// clang-format on

}  // extern "C"
