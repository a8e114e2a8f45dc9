// commands/fields.cpp - one thing in detail: a label and a value on each line.
#include "commands/fields.h"

#include "commands/table.h"

#include <algorithm>

namespace limpet::commands {

void field(Invocation& call, std::string_view label, std::string_view value) {
    std::string text(label);
    text.resize(std::max<std::size_t>(text.size() + 2, 20), ' ');
    call.out.write(text);
    call.out.write(visible(value));
    call.out.put('\n');
}

std::string words_or_none(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
    return text.empty() ? "none" : text;
}

}  // namespace limpet::commands
