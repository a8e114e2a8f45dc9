// recording.h - a session kept as an asciicast: --record FILE.
//
// Until the session has ended and all of it is written, the file is FILE.part: a recording that was
// cut short has no other name.
#pragma once

#include "attach/options.h"
#include "limpet/cast.h"
#include "limpet/frame.h"
#include "limpet/message.h"
#include "limpet/result.h"

#include <optional>
#include <string>
#include <string_view>

namespace limpet::attach {

inline constexpr Option record_option{0, "record", "FILE", "keep the session there, as asciicast"};
inline constexpr Option record_input_option{0, "record-input", "",
                                            "with what is typed; passwords are part of that"};
inline constexpr Option overwrite_option{0, "overwrite", "", "--record may replace FILE"};

class Recording {
public:
    // What the command line asks for: nothing without --record. An error: it cannot be written.
    static Result<std::optional<Recording>> of(const Arguments& arguments, std::string_view what,
                                               const Open& open);

    Result<> output(Stream stream, std::string_view bytes) {
        return writer_.output(stream == Stream::error, bytes);
    }
    Result<> input(std::string_view bytes) {
        return with_input_ ? writer_.input(bytes) : Result<>{};
    }
    Result<> resize(std::uint16_t rows, std::uint16_t columns) {
        return writer_.resize(rows, columns);
    }
    // Command lines as the session sends them aside, each ended by NUL: a marker for each.
    Result<> typed(std::string_view bytes) { return writer_.typed(bytes); }

    // The session has ended, and this was its status: the file gets its name.
    Result<> finish(int status);
    // There was no session to keep.
    void discard() const { ::unlink(part_.c_str()); }
    // It was cut short: what came is where it is.
    [[nodiscard]] const std::string& part() const { return part_; }

private:
    Recording(std::string name, bool overwrite, bool with_input, Fd file)
        : name_(std::move(name)),
          part_(name_ + ".part"),
          overwrite_(overwrite),
          with_input_(with_input),
          writer_(std::move(file), part_) {}

    std::string name_, part_;
    bool overwrite_, with_input_;
    cast::Writer writer_;
};

}  // namespace limpet::attach
