// cat.cpp - print files one after another.
#include "commands/command.h"
#include "sys/file.h"
#include "target/deadline.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace limpet::commands {
namespace {

struct Style {
    bool number = false, number_filled = false, ends = false, tabs = false, controls = false,
         squeeze = false;
    [[nodiscard]] bool plain() const {
        return !(number || number_filled || ends || tabs || controls || squeeze);
    }
};

Style style_of(const Options& options) {
    Style style;
    const bool all = options.has('A');
    style.number = options.has('n');
    style.number_filled = options.has('b');
    style.ends = options.has('E') || options.has('e') || all;
    style.tabs = options.has('T') || options.has('t') || all;
    style.controls = options.has('v') || options.has('e') || options.has('t') || all;
    style.squeeze = options.has('s');
    return style;
}

// The kind of file, and S_IFREG for /dev/null: it takes what a file does, and nobody waits.
mode_t kind_of(BorrowedFd fd) {
    struct stat status{};
    if (::fstat(fd.get(), &status) != 0) return 0;
    const bool null = S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3);
    return null ? S_IFREG : status.st_mode & S_IFMT;
}

// Moves pages from the file to the pipe, or to another file, and never through us. False when these
// two do not take it (a file of procfs, a terminal): the rest is to be copied then.
bool splice_all(Invocation& call, const Input& input) {
    const auto output = kind_of(call.out.fd());
    const bool to_file = output == S_IFREG;
    if (!to_file && output != S_IFIFO) return false;
    if (kind_of(input.fd()) != S_IFREG) return false;
    if (!call.out.flush()) return true;
    constexpr std::size_t piece = 1024 * 1024;
    // A larger pipe saves switches between us and the reader; it may be refused.
    if (!to_file) ::fcntl(call.out.fd().get(), F_SETPIPE_SZ, piece);
    for (;;) {
        // NONBLOCK is about the pipe only: so the deadline counts what the file takes, and the wait
        // for a slow reader is a poll of its own.
        target::deadline::enter();
        const auto moved = to_file
                               ? ::sendfile(call.out.fd().get(), input.fd().get(), nullptr, piece)
                               : ::splice(input.fd().get(), nullptr, call.out.fd().get(), nullptr,
                                          piece, SPLICE_F_MOVE | SPLICE_F_MORE | SPLICE_F_NONBLOCK);
        if (moved > 0) continue;
        if (moved == 0) return true;
        if (errno == EAGAIN) {
            target::deadline::leave();
            pollfd room{call.out.fd().get(), POLLOUT, 0};
            ::poll(&room, 1, -1);
        } else if (errno != EINTR) {
            return false;
        }
    }
}

// Reading what we append has no end: cat log >> log. An output that is at its end already, or that
// was truncated to nothing, gives nothing to read.
bool feeds_itself(const Invocation& call, const Input& input) {
    struct stat in{}, out{};
    if (::fstat(input.fd().get(), &in) != 0 || ::fstat(call.out.fd().get(), &out) != 0)
        return false;
    if (!S_ISREG(in.st_mode) || in.st_dev != out.st_dev || in.st_ino != out.st_ino) return false;
    const bool appends = (::fcntl(call.out.fd().get(), F_GETFL) & O_APPEND) != 0;
    const auto at = ::lseek(input.fd().get(), 0, SEEK_CUR);
    return at < in.st_size && (appends || at < ::lseek(call.out.fd().get(), 0, SEEK_CUR));
}

void copy(Invocation& call, Input& input, std::string_view name) {
    for (;;) {
        const auto bytes = input.block();
        if (!bytes) {
            call.complain(Error{bytes.error().code, "read", std::string(name), {}});
            return;
        }
        if (bytes->empty()) return;
        call.out.write(*bytes);
        // What a pipe or terminal gives is shown as it comes.
        if (bytes->size() < 65536) call.out.flush();
        if (call.out.failure()) return;
    }
}

void show_byte(Output& out, unsigned char byte, const Style& style) {
    if (byte == '\t' ? !style.tabs : !style.controls) {
        out.put(static_cast<char>(byte));
        return;
    }
    if (byte >= 128) {
        out.write("M-");
        byte &= 127;
    }
    if (byte < 32) {
        out.put('^');
        out.put(static_cast<char>(byte + 64));
    } else if (byte == 127) {
        out.write("^?");
    } else {
        out.put(static_cast<char>(byte));
    }
}

struct Position {
    unsigned long line = 0;
    bool line_begins = true;
    bool last_empty = false;
};

void show(Invocation& call, std::string_view bytes, const Style& style, Position& at) {
    for (const char byte : bytes) {
        if (at.line_begins) {
            const bool empty = byte == '\n';
            if (style.squeeze && empty && at.last_empty) continue;
            at.last_empty = empty;
            if (style.number_filled ? !empty : style.number) call.out.print("%6lu\t", ++at.line);
        }
        at.line_begins = byte == '\n';
        if (byte == '\n') {
            if (style.ends) call.out.put('$');
            call.out.put('\n');
        } else {
            show_byte(call.out, static_cast<unsigned char>(byte), style);
        }
    }
}

int run(Invocation& call) {
    const Style style = style_of(call.options);
    Position at;
    if (call.operands.empty()) call.operands.emplace_back("-");
    for (const auto& name : call.operands) {
        auto input = call.open(name);
        if (!input) {
            call.complain(input.error());
            continue;
        }
        if (feeds_itself(call, *input)) {
            call.complain(name + ": it is the output as well");
            continue;
        }
        if (style.plain()) {
            if (!splice_all(call, *input)) copy(call, *input, name);
        } else {
            for (;;) {
                const auto bytes = input->block();
                if (!bytes) call.complain(Error{bytes.error().code, "read", name, {}});
                if (!bytes || bytes->empty()) break;
                show(call, *bytes, style, at);
                if (bytes->size() < 65536) call.out.flush();
                if (call.out.failure()) break;
            }
        }
        if (call.out.failure()) break;
    }
    return call.status;
}

constexpr Option options[]{
    {'n', "number", "", "number all lines"},
    {'b', "number-nonblank", "", "number the lines that are not empty"},
    {'A', "show-all", "", "the same as -vET"},
    {'e', "", "", "the same as -vE"},
    {'t', "", "", "the same as -vT"},
    {'v', "show-nonprinting", "", "show control characters as ^X and bytes from 128 as M-X"},
    {'E', "show-ends", "", "show $ at the end of each line"},
    {'T', "show-tabs", "", "show tabs as ^I"},
    {'s', "squeeze-blank", "", "show one empty line in place of several"},
    {'u', "", "", "ignored: output is never held back"},
};

constexpr Command cat{
    .name = "cat",
    .usage = "[-nbAetvETs] [FILE...]",
    .summary = "print files one after another",
    .theme = "text",
    .promise = Promise::files,
    .run = run,
    .options = option_table<options>,
    .help =
        "Examples:\n"
        "  cat /etc/resolv.conf\n"
        "  cat /proc/1/environ | tr '\\0' '\\n'\n",
};
const Register registered{cat};

}  // namespace
}  // namespace limpet::commands
