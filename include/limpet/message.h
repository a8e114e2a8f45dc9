// message.h - the payloads of hello, open and exit frames. docs/protocol.md is normative.
//
// Integers are little-endian; a string is a u32 length and its bytes; a list is a u32 count and
// its strings. A payload that ends early or late is refused.
#pragma once

#include "limpet/grants.h"
#include "limpet/limits.h"
#include "limpet/result.h"
#include "limpet/version.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace limpet {

inline constexpr std::uint32_t hello_magic = 0x54504d4c;  // "LMPT"

struct Hello {
    std::uint32_t protocol = protocol_version;
    std::uint32_t credit = limits::initial_credit;  // that the sender grants on every stream
    std::string software;                           // "limpet 0.1.0", for messages only
};

struct Open {
    bool tty = false;
    bool aside = false;  // the session may send on the stream of that name
    std::uint16_t rows = 24;
    std::uint16_t columns = 80;
    Grant grants = default_grants;
    std::uint32_t timeout = 0;             // milliseconds, 0 for none; then exit kind timed_out
    std::string target;                    // as design.md section 2; empty: no target
    std::vector<std::string> arguments;    // argv; empty: the interactive shell
    std::vector<std::string> environment;  // "TERM=xterm", of the operator's side
    std::string given = {};                // what the session is handed beside its input
};

struct Exit {
    enum class Kind : std::uint8_t { exited = 0, signalled = 1, timed_out = 2, failed = 3 };
    Kind kind = Kind::exited;
    std::uint32_t value = 0;  // status or signal number
    std::string message;      // of failed: why the session could not be run
};

class PayloadWriter {
public:
    void u8(std::uint8_t value) { number(value, 1); }
    void u16(std::uint16_t value) { number(value, 2); }
    void u32(std::uint32_t value) { number(value, 4); }
    void u64(std::uint64_t value) { number(value, 8); }
    void string(std::string_view value) {
        u32(static_cast<std::uint32_t>(value.size()));
        bytes_ += value;
    }
    void list(const std::vector<std::string>& values) {
        u32(static_cast<std::uint32_t>(values.size()));
        for (const auto& value : values) string(value);
    }
    [[nodiscard]] std::string take() { return std::move(bytes_); }

private:
    void number(std::uint64_t value, int size) {
        for (int i = 0; i < size; ++i) bytes_ += static_cast<char>(value >> (8 * i));
    }
    std::string bytes_;
};

class PayloadReader {
public:
    explicit PayloadReader(std::string_view bytes) : bytes_(bytes) {}
    Result<std::uint64_t> number(std::size_t size) {
        if (bytes_.size() < size) return refused("message", "it ends early");
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < size; ++i) {
            value |= std::uint64_t{static_cast<unsigned char>(bytes_[i])} << (8 * i);
        }
        bytes_.remove_prefix(size);
        return value;
    }
    Result<std::string> string() {
        const auto size = TRY(number(4));
        if (bytes_.size() < size) return refused("message", "a string ends early");
        std::string value(bytes_.substr(0, size));
        bytes_.remove_prefix(size);
        return value;
    }
    Result<std::vector<std::string>> list() {
        const auto count = TRY(number(4));
        // Every string costs its length word, so a count over this cannot be true.
        if (count > limits::arguments || count > bytes_.size() / 4) {
            return refused("message", "a list of " + std::to_string(count) + " strings");
        }
        std::vector<std::string> values;
        values.reserve(count);
        for (std::uint64_t i = 0; i < count; ++i) values.push_back(TRY(string()));
        return values;
    }
    [[nodiscard]] Result<> end() const {
        if (!bytes_.empty()) return refused("message", "bytes after its end");
        return {};
    }

private:
    std::string_view bytes_;
};

inline std::string encode(const Hello& hello) {
    PayloadWriter out;
    out.u32(hello_magic);
    out.u32(hello.protocol);
    out.u32(hello.credit);
    out.string(hello.software);
    return out.take();
}

inline Result<Hello> decode_hello(std::string_view payload) {
    PayloadReader in(payload);
    if (TRY(in.number(4)) != hello_magic) return refused("hello", "this is not limpet's protocol");
    Hello hello;
    hello.protocol = static_cast<std::uint32_t>(TRY(in.number(4)));
    hello.credit = static_cast<std::uint32_t>(TRY(in.number(4)));
    hello.software = TRY(in.string());
    TRY(in.end());
    return hello;
}

inline std::string encode(const Open& open) {
    PayloadWriter out;
    out.u8(open.tty ? 1 : 0);
    out.u8(open.aside ? 1 : 0);
    out.u16(open.rows);
    out.u16(open.columns);
    out.u32(static_cast<std::uint32_t>(open.grants));
    out.u32(open.timeout);
    out.string(open.target);
    out.list(open.arguments);
    out.list(open.environment);
    out.string(open.given);
    return out.take();
}

inline Result<Open> decode_open(std::string_view payload) {
    PayloadReader in(payload);
    Open open;
    const auto tty = TRY(in.number(1));
    if (tty > 1) return refused("open", "tty is neither 0 nor 1");
    open.tty = tty == 1;
    const auto aside = TRY(in.number(1));
    if (aside > 1) return refused("open", "aside is neither 0 nor 1");
    open.aside = aside == 1;
    open.rows = static_cast<std::uint16_t>(TRY(in.number(2)));
    open.columns = static_cast<std::uint16_t>(TRY(in.number(2)));
    const auto grants = static_cast<Grant>(TRY(in.number(4)));
    if (any(grants & ~known_grants))
        return refused("open", "a grant that this agent does not know");
    if (any(grants & Grant::scratch) && any(grants & Grant::modify)) {
        return refused("open", "scratch and modify exclude each other");
    }
    open.grants = grants;
    open.timeout = static_cast<std::uint32_t>(TRY(in.number(4)));
    open.target = TRY(in.string());
    open.arguments = TRY(in.list());
    open.environment = TRY(in.list());
    open.given = TRY(in.string());
    TRY(in.end());
    return open;
}

inline std::string encode(const Exit& exit) {
    PayloadWriter out;
    out.u8(static_cast<std::uint8_t>(exit.kind));
    out.u32(exit.value);
    out.string(exit.message);
    return out.take();
}

inline Result<Exit> decode_exit(std::string_view payload) {
    PayloadReader in(payload);
    Exit exit;
    const auto kind = TRY(in.number(1));
    if (kind > 3) return refused("exit", "unknown kind");
    exit.kind = static_cast<Exit::Kind>(kind);
    exit.value = static_cast<std::uint32_t>(TRY(in.number(4)));
    exit.message = TRY(in.string());
    TRY(in.end());
    return exit;
}

}  // namespace limpet
