// client.cpp - limpet's command line: finds the verb and runs it.
#include "attach/client.h"

#include "attach/report.h"
#include "attach/sanitiser.h"
#include "attach/verb.h"

#include <fcntl.h>
#include <unistd.h>

namespace limpet::attach {
namespace {

// A descriptor that we open must not become 0, 1 or 2 because those were closed. Input is at
// its end then; output gets the wrong mode on purpose, and fails with EBADF as it would have.
void occupy_standard_descriptors() {
    for (const int fd : {0, 1, 2}) {
        if (::fcntl(fd, F_GETFD) < 0) (void)!::open("/dev/null", O_RDONLY);
    }
}

int misused_program(std::string_view problem) {
    (void)print(2, one_line("limpet: " + std::string(problem)) + "\nusage: " +
                       "limpet [OPTION...] VERB|TARGET [ARG...]  (limpet help lists the verbs)\n");
    return misuse;
}

int run_verb(const Verb& verb, std::span<const std::string> words, Arguments& arguments) {
    const auto reach = verb.command_follows ? Reach::second_word : Reach::everywhere;
    if (auto parsed = parse_options(verb.options, words, reach, arguments); !parsed) {
        return misused(verb, parsed.error().subject);
    }
    if (arguments.has("help")) {
        return print(1, help_text(verb)) ? 0 : failure;
    }
    return verb.run(arguments);
}

}  // namespace

int run(const std::vector<std::string>& words) {
    occupy_standard_descriptors();
    constexpr Option version_option[] = {{0, "version", "", ""}};
    Arguments arguments;
    if (auto parsed = parse_options(version_option, words, Reach::first_word, arguments); !parsed) {
        return misused_program(parsed.error().subject);
    }
    if (arguments.has("version")) return version_verb.run(arguments);
    if (arguments.operands.empty()) {
        if (arguments.has("help")) return help.run(arguments);
        return misused_program("a verb or a target is missing");
    }
    const auto rest = std::exchange(arguments.operands, {});
    const std::span<const std::string> following(rest);
    const auto& name = rest.front();
    if (const auto* verb = find_verb(name)) return run_verb(*verb, following.subspan(1), arguments);
    if (is_reserved(name)) {
        return report(name, Error{0, "not in this version", "limpet help lists its verbs",
                                  "a container of that name: limpet attach " + name});
    }
    return run_verb(attach_verb, following, arguments);
}

}  // namespace limpet::attach
