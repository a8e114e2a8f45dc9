// awk_program.cpp - programs of awk that the input's bytes choose, run over a text. Every loop and
// every call counts its steps in the program itself, so each ends; what it may hold is little here.
#include "commands/command.h"
#include "commands/text/awk_machine.h"
#include "parse/awk.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace {

using namespace limpet;

class Maker {
public:
    Maker(const std::uint8_t* data, std::size_t size) : at_(data), end_(data + size) {}

    std::string program() {
        std::string made = "function f(p, q, r) { if (++steps > 100) exit; ";
        statements(made, 2);
        made += "; return ";
        expression(made, 2);
        made +=
            " }\nfunction g(a, p) { if (++steps > 100) exit; a[p] = p; delete a[$1]; return "
            "length(a) }\n";
        for (int rules = 1 + byte() % 3; rules > 0; --rules) {
            constexpr const char* begins[]{"BEGIN", "END", "", "NR == 2", "/b/, /a/"};
            made += pick(begins);
            made += " { ";
            statements(made, 3);
            made += " }\n";
        }
        return made;
    }

private:
    std::uint8_t byte() { return at_ < end_ ? *at_++ : std::uint8_t{0}; }
    template <std::size_t N>
    const char* pick(const char* const (&words)[N]) {
        return words[byte() % N];
    }

    // What stands in `form`: e an expression, p a place, x an expression of the regular kind, s
    // statements, and the rest as it is.
    void fill(std::string& made, const char* form, int depth) {
        for (; *form; ++form) {
            switch (*form) {
                case 'E': expression(made, depth - 1); break;
                case 'P': place(made, depth - 1); break;
                case 'X': regex(made, depth - 1); break;
                case 'S': statements(made, depth - 1); break;
                default: made += *form;
            }
        }
    }
    void place(std::string& made, int depth) {
        constexpr const char* leaves[]{"u",  "v",   "$1", "$0", "NF",     "$3",
                                       "FS", "OFS", "RS", "NR", "SUBSEP", "CONVFMT"};
        constexpr const char* inner[]{"m[E]", "m[E, E]", "$(E)"};
        if (depth > 0 && byte() % 3 == 0) return fill(made, pick(inner), depth);
        made += pick(leaves);
    }
    void regex(std::string& made, int depth) {
        constexpr const char* forms[]{"/a/",     "/^b|c$/", "/[0-9]+/", "/(a)(b)*/", "/x{1,3}/",
                                      "/[^a]*/", "\"o+\"",  "/\\./",    "/()/",      "$1"};
        if (depth > 0 && byte() % 8 == 0) return expression(made, depth);
        made += pick(forms);
    }
    void expression(std::string& made, int depth) {
        constexpr const char* leaves[]{"0",  "1",      "-1.5", "1e300", "\"\"", "\"a b\"", "\"10\"",
                                       "u",  "v",      "$1",   "$2",    "$NF",  "NR",      "NF",
                                       "$0", "length", "x1",   "p",     "q",    "RSTART"};
        constexpr const char* forms[]{"(E + E)",
                                      "(E - E)",
                                      "(E * E)",
                                      "(E / E)",
                                      "(E % E)",
                                      "(E ^ 3)",
                                      "-E",
                                      "!E",
                                      "(E E)",
                                      "(E < E)",
                                      "(E == E)",
                                      "(E != E)",
                                      "(E && E)",
                                      "(E || E)",
                                      "(E ~ X)",
                                      "(E !~ X)",
                                      "(E ? E : E)",
                                      "(P = E)",
                                      "(P += E)",
                                      "(P -= E)",
                                      "(P = P E)",
                                      "P++",
                                      "--P",
                                      "(E in m)",
                                      "((E, E) in m)",
                                      "m[E]",
                                      "length(E)",
                                      "substr(E, E)",
                                      "substr(E, E, E)",
                                      "index(E, E)",
                                      "split(E, m, X)",
                                      "split(E, m)",
                                      "match(E, X)",
                                      "match(E, X, m)",
                                      "sub(X, E)",
                                      "gsub(X, E, P)",
                                      "gsub(X, E)",
                                      "gensub(X, E, E)",
                                      "sprintf(\"%d %s %c\", E, E, E)",
                                      "sprintf(\"%*.3f|%-5s\", 7, E, E)",
                                      "sprintf(E, E)",
                                      "toupper(E)",
                                      "int(E)",
                                      "sqrt(E)",
                                      "f(E, E)",
                                      "g(m, E)",
                                      "strftime(\"%Y\", E)",
                                      "and(E, 7)",
                                      "(getline line)",
                                      "getline",
                                      "(getline P < \"/dev/null\")",
                                      "srand(E)",
                                      "close(E)"};
        // The parameters are only in f, elsewhere they are variables as well.
        if (depth <= 0 || at_ >= end_) {
            made += pick(leaves);
            return;
        }
        fill(made, pick(forms), depth);
    }
    void statements(std::string& made, int depth) {
        constexpr const char* leaves[]{"print",    "next_",       "exit E",
                                       "delete m", "delete m[E]", "P = E",
                                       "E",        "print E, E",  "printf \"%s %d\\n\", E, E",
                                       "P = P P",  "getline",     "printf(E)"};
        constexpr const char* forms[]{"if (E) { S }",
                                      "if (E) { S } else { S }",
                                      "while (E) { if (++steps > 100) exit; S }",
                                      "do { if (++steps > 100) exit; S } while (E)",
                                      "for (i = 0; i < 5; i++) { if (++steps > 100) exit; S }",
                                      "for (k in m) { if (++steps > 100) exit; S }",
                                      "{ S }",
                                      "S; S",
                                      "break_",
                                      "S"};
        const char* form = depth > 0 && at_ < end_ && byte() % 2 ? pick(forms) : pick(leaves);
        fill(made, form, depth > 0 ? depth : 1);
    }

    const std::uint8_t* at_;
    const std::uint8_t* end_;
};

Fd text() {
    Fd file(::memfd_create("text", MFD_CLOEXEC));
    constexpr std::string_view bytes = "a b c\n10 9 8\n\nfoo:bar  x1\nb\xff \xc3\xa9 -3\nlast";
    if (::write(file.get(), bytes.data(), bytes.size()) < 0 || ::lseek(file.get(), 0, SEEK_SET) < 0)
        std::abort();
    return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > 400) return 0;
    auto program = parse::awk::parse(Maker(data, size).program());
    if (!program) return 0;
    if (program->runs_commands || program->writes_files) std::abort();
    static const auto target = target::here();
    static const Fd nowhere(::open("/dev/null", O_RDWR | O_CLOEXEC));
    const auto file = text();
    commands::awk::memory = {.limit = 256 * 1024};
    {
        commands::Invocation call{.command = *commands::find("awk"),
                                  .target = *target,
                                  .in = commands::Input(BorrowedFd(file)),
                                  .out = commands::Output(BorrowedFd(nowhere)),
                                  .error = commands::Output(BorrowedFd(nowhere))};
        commands::awk::Machine machine(call, *std::move(program), false);
        static_cast<void>(machine.run({}));
    }
    // All is given back. What did not fit was never counted.
    const auto& memory = commands::awk::memory;
    if (!memory.exhausted && memory.held != 0) std::abort();
    return 0;
}
