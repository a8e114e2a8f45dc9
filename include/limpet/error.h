// error.h - an error is a value: what was attempted, on what, and why not.
#pragma once

#include <cerrno>
#include <cstring>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace limpet {

struct Error {
    int code = 0;         // errno(3); 0 when limpet itself refused
    std::string action;   // the attempt: "open"
    std::string subject;  // on what: "/etc/shadow"; with code 0 the reason
    std::string hint;     // what would change it: "needs --allow modify"
};

// The kernel said no: reads errno at once, so call it before anything else can change it.
inline std::unexpected<Error> failed(std::string_view action, std::string_view subject) {
    const int code = errno;
    return std::unexpected(Error{code, std::string(action), std::string(subject), {}});
}

// The same for calls that return their errno (posix_spawn, Landlock wrappers and the like).
inline std::unexpected<Error> failed(std::string_view action, std::string_view subject, int code) {
    return std::unexpected(Error{code, std::string(action), std::string(subject), {}});
}

// We said no: `reason` is the whole explanation.
inline std::unexpected<Error> refused(std::string_view action, std::string_view reason,
                                      std::string_view hint = {}) {
    return std::unexpected(Error{0, std::string(action), std::string(reason), std::string(hint)});
}

// One line without a newline: "open /etc/shadow: Permission denied (needs --allow modify)".
// strerrordesc_np, not strerror: the latter consults the locale, which loads files.
inline std::string text(const Error& error) {
    std::string line = error.action;
    if (error.code == 0) {
        line += ": " + error.subject;
    } else {
        if (!error.subject.empty()) line += ' ' + error.subject;
        const char* reason = ::strerrordesc_np(error.code);
        line += ": ";
        line += reason ? reason : "error " + std::to_string(error.code);
    }
    if (!error.hint.empty()) line += " (" + error.hint + ")";
    return line;
}

}  // namespace limpet
