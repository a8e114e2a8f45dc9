// parse/secret.h - what looks like a credential, by its name or by its form.
#pragma once

#include <string_view>

namespace limpet::parse {

// A variable, option or field that names one: DB_PASSWORD, --api-key, github.token.
bool names_secret(std::string_view name);

// What a value is by its form alone: "password in a URL", "JSON web token", "private key" …; empty
// for anything else.
std::string_view secret_form(std::string_view value);

}  // namespace limpet::parse
