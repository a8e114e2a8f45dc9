// parse/secret.cpp - what looks like a credential.
#include "parse/secret.h"

#include <algorithm>
#include <array>
#include <string>

namespace limpet::parse {
namespace {

constexpr std::array<std::string_view, 18> words{
    "PASSWORD", "PASSWD",     "PASSPHRASE",        "SECRET",      "TOKEN",     "CREDENTIAL",
    "APIKEY",   "API_KEY",    "ACCESS_KEY",        "PRIVATE_KEY", "SIGNING",   "ENCRYPTION_KEY",
    "AUTH_KEY", "MASTER_KEY", "CONNECTION_STRING", "COOKIE",      "PASS_WORD", "WEBHOOK"};
constexpr std::array<std::string_view, 7> ends{"_KEY", "_PASS", "_PWD", "_PW",
                                               "_DSN", "_PAT",  "_AUTH"};

struct Form {
    std::string_view begins, name;
};
constexpr std::array forms{
    Form{"AKIA", "AWS access key"},
    Form{"ASIA", "AWS access key"},
    Form{"ghp_", "GitHub token"},
    Form{"gho_", "GitHub token"},
    Form{"ghs_", "GitHub token"},
    Form{"github_pat_", "GitHub token"},
    Form{"glpat-", "GitLab token"},
    Form{"xoxb-", "Slack token"},
    Form{"xoxp-", "Slack token"},
    Form{"AIza", "Google API key"},
    Form{"sk_live_", "Stripe key"},
    Form{"hvs.", "Vault token"},
    Form{"npm_", "npm token"},
    Form{"dckr_pat_", "Docker token"},
    Form{"-----BEGIN OPENSSH PRIVATE KEY", "private key"},
};

bool is_key_block(std::string_view value) {
    return value.starts_with("-----BEGIN ") &&
           value.substr(0, 60).find("PRIVATE KEY-----") != value.npos;
}

// Three parts of base64url, the first of which begins with {".
bool is_web_token(std::string_view value) {
    if (!value.starts_with("eyJ") || value.size() < 32) return false;
    return std::ranges::count(value, '.') == 2 && value.find(' ') == value.npos;
}

// scheme://user:password@host
bool is_url(std::string_view value) {
    const auto scheme = value.find("://");
    if (scheme == value.npos || scheme == 0) return false;
    const auto rest = value.substr(scheme + 3);
    const auto host = rest.substr(0, rest.find('/'));
    const auto at = host.rfind('@');
    if (at == host.npos) return false;
    const auto colon = host.substr(0, at).find(':');
    return colon != host.npos && colon + 1 < at;
}

}  // namespace

bool names_secret(std::string_view name) {
    constexpr std::size_t longest = 256;
    std::string upper(name.substr(0, longest));
    for (char& letter : upper) {
        if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 32);
        if (letter == '-' || letter == '.') letter = '_';
    }
    for (const auto word : words) {
        if (upper.find(word) != upper.npos) return true;
    }
    for (const auto end : ends) {
        if (upper.ends_with(end)) return true;
    }
    return false;
}

std::string_view secret_form(std::string_view value) {
    constexpr std::size_t shortest = 16;
    if (is_key_block(value)) return "private key";
    if (is_web_token(value)) return "JSON web token";
    if (is_url(value)) return "password in a URL";
    if (value.size() < shortest) return {};
    for (const auto& form : forms) {
        if (value.starts_with(form.begins)) return form.name;
    }
    return {};
}

}  // namespace limpet::parse
