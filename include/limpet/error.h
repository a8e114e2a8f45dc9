// error.h - an error is a value: what was attempted, on what, and why not.
#pragma once

#include <cerrno>
#include <cstring>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace limpet {

// One number and a pointer: an Error is moved and destroyed at every TRY, so what it says stands
// apart, and all that handles it is out of line and out of the way.
class Error {
public:
    int code = 0;  // errno(3); 0 when limpet itself refused

    Error() = default;
    [[gnu::cold, gnu::noinline]] Error(int number, std::string_view action,
                                       std::string_view subject, std::string_view hint = {})
        : code(number),
          words_(new Words{std::string(action), std::string(subject), std::string(hint)}) {}
    [[gnu::cold, gnu::noinline]] Error(const Error& other)
        : code(other.code), words_(other.words_ ? new Words(*other.words_) : nullptr) {}
    Error(Error&& other) noexcept
        : code(other.code), words_(std::exchange(other.words_, nullptr)) {}
    Error& operator=(Error other) noexcept {
        std::swap(code, other.code);
        std::swap(words_, other.words_);
        return *this;
    }
    ~Error() {
        if (words_) forget();
    }

    // The attempt: "open".
    [[nodiscard]] std::string& action() { return words().action; }
    [[nodiscard]] const std::string& action() const { return words().action; }
    // On what: "/etc/shadow"; with code 0 the reason.
    [[nodiscard]] std::string& subject() { return words().subject; }
    [[nodiscard]] const std::string& subject() const { return words().subject; }
    // What would change it: "needs --allow modify".
    [[nodiscard]] std::string& hint() { return words().hint; }
    [[nodiscard]] const std::string& hint() const { return words().hint; }

private:
    struct Words {
        std::string action;
        std::string subject;
        std::string hint;
    };
    [[gnu::cold, gnu::noinline]] void forget() noexcept { delete words_; }
    [[gnu::cold, gnu::noinline]] Words& words() {
        if (!words_) words_ = new Words;
        return *words_;
    }
    [[gnu::cold, gnu::noinline]] const Words& words() const {
        static const Words none;
        return words_ ? *words_ : none;
    }

    Words* words_ = nullptr;  // owned
};

// The kernel said no: reads errno at once, so call it before anything else can change it.
[[gnu::cold, gnu::noinline]] inline std::unexpected<Error> failed(std::string_view action,
                                                                  std::string_view subject) {
    return std::unexpected(Error(errno, action, subject));
}

// The same for calls that return their errno (posix_spawn, Landlock wrappers and the like).
[[gnu::cold, gnu::noinline]] inline std::unexpected<Error> failed(std::string_view action,
                                                                  std::string_view subject,
                                                                  int code) {
    return std::unexpected(Error(code, action, subject));
}

// We said no: `reason` is the whole explanation.
[[gnu::cold, gnu::noinline]] inline std::unexpected<Error> refused(std::string_view action,
                                                                   std::string_view reason,
                                                                   std::string_view hint = {}) {
    return std::unexpected(Error(0, action, reason, hint));
}

// One line without a newline: "open /etc/shadow: Permission denied (needs --allow modify)".
// strerrordesc_np, not strerror: the latter consults the locale, which loads files.
[[gnu::cold, gnu::noinline]] inline std::string text(const Error& error) {
    std::string line = error.action();
    if (error.code == 0) {
        line += ": " + error.subject();
    } else {
        if (!error.subject().empty()) line += ' ' + error.subject();
        const char* reason = ::strerrordesc_np(error.code);
        line += ": ";
        line += reason ? reason : "error " + std::to_string(error.code);
    }
    if (!error.hint().empty()) line += " (" + error.hint() + ")";
    return line;
}

}  // namespace limpet
