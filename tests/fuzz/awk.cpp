// awk.cpp - programs of awk, and expressions as awk writes them.
#include "parse/awk.h"

#include "parse/regex_syntax.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace {

using namespace limpet::parse;

// What the interpreter takes for granted: slots are indexes, places are places.
void check(const awk::Program& program) {
    for (const auto& node : program.nodes) {
        if (node.depth > awk::depth_limit) std::abort();
        switch (node.op) {
            case awk::Op::text:
            case awk::Op::regex:
                if (node.slot >= program.texts.size()) std::abort();
                break;
            case awk::Op::global:
                if (node.slot < awk::special_count || node.slot >= program.globals.size()) {
                    std::abort();
                }
                break;
            case awk::Op::call:
                if (node.slot >= program.functions.size() ||
                    node.list.size() > program.functions[node.slot].parameters.size()) {
                    std::abort();
                }
                break;
            case awk::Op::assign:
            case awk::Op::compound:
            case awk::Op::before:
            case awk::Op::after:
                if (node.pure || !node.a) std::abort();
                break;
            default: break;
        }
    }
    for (const auto& function : program.functions) {
        if (!function.body) std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > 4096) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto program = awk::parse(text)) check(*program);
    // What awk makes of an expression is for the parser of expressions to refuse.
    static_cast<void>(regex::parse(awk::regex_text(text), regex::Syntax::extended, false));
    static_cast<void>(awk::unescaped(text));
    return 0;
}
