// commands/json.h - one JSON object a line (RFC 8259), as `-o json` prints.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace limpet::commands {

// The text as a JSON string with its quotes. Bytes that are not UTF-8 become \udc80..\udcff (the
// lone surrogates of Python's surrogateescape), so that no name is lost and two stay different.
std::string json_string(std::string_view text);

class Output;

// Builds {"name":value,...}; line() writes it as a line, take() gives it without a newline.
class JsonObject {
public:
    JsonObject& text(std::string_view name, std::string_view value);
    // null when it is empty.
    JsonObject& known(std::string_view name, std::string_view value);
    template <typename Integer>
        requires std::is_integral_v<Integer>
    JsonObject& number(std::string_view name, Integer value) {
        // Out of line: hundreds of fields are numbers.
        if constexpr (std::is_signed_v<Integer>) {
            return whole(name, value);
        } else {
            return natural(name, value);
        }
    }
    JsonObject& real(std::string_view name, double value);
    JsonObject& boolean(std::string_view name, bool value) {
        return raw(name, value ? "true" : "false");
    }
    JsonObject& null(std::string_view name) { return raw(name, "null"); }
    JsonObject& texts(std::string_view name, const std::vector<std::string>& values);
    // `json` is put in as it is: a nested object or array.
    JsonObject& raw(std::string_view name, std::string_view json);
    [[nodiscard]] std::string take();
    void line(Output& out);

private:
    JsonObject& whole(std::string_view name, std::int64_t value);
    JsonObject& natural(std::string_view name, std::uint64_t value);
    std::string body_;
};

}  // namespace limpet::commands
