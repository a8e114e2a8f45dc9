// packed.cpp - what gzip and zstd have in common.
#include "commands/file/packed.h"

#include "commands/create.h"

#include <fcntl.h>
#include <unistd.h>

namespace limpet::commands::packed {

void warn(Invocation& call, const Style& style, std::string_view problem) {
    const int before = call.status;
    if (!style.quiet) call.complain(problem);
    call.status = before == 0 ? 2 : before;
}

Result<Source> open(Invocation& call, const std::string& name) {
    Source source{.name = name, .shown = name == "-" ? "stdin" : name};
    if (name == "-") {
        source.input.emplace(call.in.fd());
        return source;
    }
    source.status = TRY(target::stat(call.target, call.path(name), target::Follow::yes));
    if (S_ISDIR(source.status.stx_mode)) return failed("open", name, EISDIR);
    source.input.emplace(TRY(call.open(name)));
    return source;
}

Result<> unpack(Unpacked& input, Output* out) {
    for (;;) {
        const auto bytes = TRY(input.block());
        if (bytes.empty()) return {};
        if (!out) continue;
        out->write(bytes);
        if (out->failure()) return {};
    }
}

Result<> write_beside(Invocation& call, const Style& style, const Source& source,
                      const std::string& name, const std::function<Result<>(Output&)>& write) {
    if (!style.force && target::stat(call.target, call.path(name), target::Follow::no)) {
        return failed("write", name, EEXIST);
    }
    const Fd file = TRY(create(call, name, Writing::truncate));
    Output out{BorrowedFd(file)};
    auto done = write(out);
    if (done && !out.flush()) done = std::unexpected(*out.failure());
    if (!done) return done;
    return {};
}

}  // namespace limpet::commands::packed
