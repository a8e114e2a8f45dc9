// commands/text/awk_streams.h - files and commands that a program of awk reads and writes.
#pragma once

#include "commands/command.h"
#include "commands/run.h"
#include "parse/awk.h"
#include "parse/regex.h"

#include <sys/types.h>

#include <list>
#include <memory>

namespace limpet::commands::awk {

// What RS says.
struct RecordEnd {
    enum class Kind : std::uint8_t { byte, paragraph, regex };
    Kind kind = Kind::byte;
    char byte = '\n';
    parse::Regex* regex = nullptr;
};

class Reader {
public:
    explicit Reader(Input input) : input_(std::move(input)) {}
    // Without its end. Valid until the next call.
    Result<std::optional<std::string_view>> next(const RecordEnd& end) {
        if (end.kind == RecordEnd::Kind::byte) {
            auto line = input_.line(end.byte);
            if (line && *line && (*line)->ends_with(end.byte)) (*line)->remove_suffix(1);
            return line;
        }
        return end.kind == RecordEnd::Kind::paragraph ? paragraph() : up_to(*end.regex);
    }

private:
    Result<std::optional<std::string_view>> paragraph();
    Result<std::optional<std::string_view>> up_to(parse::Regex& end);
    Input input_;
};

class Streams {
public:
    // `wide`: we stand at the shell's confinement, which has no right to write files itself.
    Streams(Invocation& call, bool wide) : call_(call), wide_(wide) {}
    ~Streams() { close_all(); }
    Streams(const Streams&) = delete;
    Streams& operator=(const Streams&) = delete;

    // Where print and printf go; opened when it is new.
    Result<Output*> output(parse::awk::Target target, std::string_view name);
    Result<Reader*> file(std::string_view name);
    Result<Reader*> command(std::string_view name);
    // -1 when there is none of that name; else what the last one ended with.
    int close(std::string_view name);
    // False when there is none, or writing fails.
    bool flush(std::string_view name);
    bool flush_all();
    int close_all();
    // system(): the status as shells count it.
    Result<int> run(std::string_view command);

private:
    struct Stream {
        std::string name;
        bool writes = false;
        bool command = false;
        pid_t child = -1;
        Fd fd = {};
        std::unique_ptr<Output> out = {};
        std::unique_ptr<Reader> in = {};
    };
    Stream* find(std::string_view name, bool writes, bool command);
    Result<Stream*> open_command(std::string_view name, bool writes);
    [[nodiscard]] Call shell(std::string_view command) const;
    int finish(Stream& stream);

    Result<Fd> create_file(std::string_view name, bool append) const;

    Invocation& call_;
    bool wide_;
    std::list<Stream> streams_;
};

}  // namespace limpet::commands::awk
