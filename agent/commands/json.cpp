// commands/json.cpp - JSON text.
#include "commands/json.h"

#include "commands/stream.h"
#include "commands/utf8.h"

#include <cstdio>

namespace limpet::commands {

std::string json_string(std::string_view text) {
    std::string json = "\"";
    char escape[8];
    while (!text.empty()) {
        const auto byte = static_cast<unsigned char>(text.front());
        if (byte >= 0x80) {
            const auto length = utf8_length(text);
            if (length == 0) {
                std::snprintf(escape, sizeof escape, "\\udc%02x", byte);
                json += escape;
                text.remove_prefix(1);
            } else {
                json += text.substr(0, length);
                text.remove_prefix(length);
            }
            continue;
        }
        if (byte == '"' || byte == '\\') {
            json += '\\';
            json += static_cast<char>(byte);
        } else if (byte < 0x20 || byte == 0x7f) {
            std::snprintf(escape, sizeof escape, "\\u%04x", byte);
            json += escape;
        } else {
            json += static_cast<char>(byte);
        }
        text.remove_prefix(1);
    }
    return json + '"';
}

JsonObject& JsonObject::raw(std::string_view name, std::string_view json) {
    body_ += body_.empty() ? '{' : ',';
    body_ += json_string(name);
    body_ += ':';
    body_ += json;
    return *this;
}

JsonObject& JsonObject::text(std::string_view name, std::string_view value) {
    return raw(name, json_string(value));
}

JsonObject& JsonObject::known(std::string_view name, std::string_view value) {
    return raw(name, value.empty() ? "null" : json_string(value));
}

JsonObject& JsonObject::whole(std::string_view name, std::int64_t value) {
    return raw(name, std::to_string(value));
}

JsonObject& JsonObject::natural(std::string_view name, std::uint64_t value) {
    return raw(name, std::to_string(value));
}

JsonObject& JsonObject::real(std::string_view name, double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.6g", value);
    return raw(name, text);
}

JsonObject& JsonObject::texts(std::string_view name, const std::vector<std::string>& values) {
    std::string list = "[";
    for (const auto& value : values) {
        if (list.size() > 1) list += ',';
        list += json_string(value);
    }
    return raw(name, list + ']');
}

void JsonObject::line(Output& out) {
    out.write(take());
    out.put('\n');
}

std::string JsonObject::take() { return body_.empty() ? "{}" : std::move(body_) + '}'; }

}  // namespace limpet::commands
