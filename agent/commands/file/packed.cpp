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
    auto status = target::stat(call.target, call.path(name), target::Follow::yes);
    if (!status)
        return std::unexpected(Error{status.error().code, name, {}, status.error().hint()});
    source.status = *status;
    if (S_ISDIR(source.status.stx_mode)) return failed("open", name, EISDIR);
    source.input.emplace(TRY(call.open(name)));
    return source;
}

Result<> unpack(const Source& source, Unpacked& input, Output* out) {
    for (;;) {
        const auto bytes = input.block();
        if (!bytes) {
            auto problem = bytes.error();
            problem.action() = source.shown + (problem.code == 0 ? "" : ": read");
            return std::unexpected(problem);
        }
        if (bytes->empty()) return {};
        if (!out) continue;
        out->write(*bytes);
        if (out->failure()) return {};
    }
}

Result<> write_beside(Invocation& call, const Style& style, const Source& source,
                      const std::string& name, const std::function<Result<>(Output&)>& write) {
    const auto product = TRY(place_of(call, name));
    if (product.stat()) {
        if (!style.force) return failed("write", name, EEXIST);
        TRY(remove(product, false));
    }
    const Fd file = TRY(create(call, name, Writing::exclusive, 0600));
    Output out{BorrowedFd(file)};
    auto done = write(out);
    if (done && !out.flush()) done = failed("write", name, out.failure()->code);
    if (!done) {
        // Half of it would pass for all of it.
        (void)remove(product, false);
        return done;
    }
    if (source.is_stdin()) return {};
    const auto& status = source.status;
    if (::geteuid() == 0) TRY(chown(product, status.stx_uid, status.stx_gid));
    TRY(chmod(product, status.stx_mode & 07777U));
    const timespec times[2]{{status.stx_atime.tv_sec, status.stx_atime.tv_nsec},
                            {status.stx_mtime.tv_sec, status.stx_mtime.tv_nsec}};
    TRY(set_times(product, times));
    if (style.keep) return {};
    return remove(TRY(place_of(call, source.name)), false);
}

}  // namespace limpet::commands::packed
