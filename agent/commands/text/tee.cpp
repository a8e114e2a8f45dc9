// tee.cpp - copy input to output and to files.
#include "commands/command.h"
#include "commands/create.h"

#include <csignal>
#include <memory>

namespace limpet::commands {
namespace {

struct File {
    std::string name;
    Fd fd;
    std::unique_ptr<Output> out;
};

int run(Invocation& call) {
    if (call.options.has('i')) ::signal(SIGINT, SIG_IGN);
    const auto how = call.options.has('a') ? Writing::append : Writing::truncate;
    std::vector<File> files;
    for (const auto& name : call.operands) {
        auto created = create(call, name, how);
        if (!created) {
            call.complain(created.error());
            continue;
        }
        File file{.name = name, .fd = *std::move(created), .out = {}};
        file.out = std::make_unique<Output>(BorrowedFd(file.fd));
        files.push_back(std::move(file));
    }
    for (;;) {
        const auto bytes = call.in.block();
        if (!bytes) call.complain(bytes.error());
        if (!bytes || bytes->empty()) break;
        call.out.write(*bytes);
        call.out.flush();
        for (auto file = files.begin(); file != files.end();) {
            file->out->write(*bytes);
            if (file->out->flush()) {
                ++file;
                continue;
            }
            call.complain(Error{file->out->failure()->code, "write", file->name, {}});
            file = files.erase(file);
        }
        if (call.out.failure() && files.empty()) break;
    }
    return call.status;
}

constexpr Option options[]{
    {'a', "append", "", "append to the files"},
    {'i', "ignore-interrupts", "", "go on at Ctrl-C"},
};

constexpr Command tee{
    .name = "tee",
    .usage = "[-ai] [FILE...]",
    .summary = "copy input to output and to files",
    .theme = "text",
    .promise = Promise::files,
    .run = run,
    .options = option_table<options>,
    .help =
        "Files are written in the target: that needs --allow modify or --scratch; below\n"
        "$LIMPET_SCRATCH it needs nothing.\n"
        "\nExample:\n  ps aux | tee $LIMPET_SCRATCH/before | wc -l\n",
    .writes = true,
};
const Register registered{tee};

}  // namespace
}  // namespace limpet::commands
