// shell/document.cpp - here-documents, XCU 2.7.4.
#include "shell/parser.h"

#include <utility>

namespace limpet::shell {

// The delimiter is the word with its quotes removed; one quoted byte makes the body literal. What
// looks like an expansion in it is only text.
void Parser::document_delimiter(HereDocument& document) {
    const auto raw =
        std::string_view(source_->text).substr(token_start_, source_->at - token_start_);
    std::string text;
    char quote = 0;
    for (std::size_t i = 0; i < raw.size(); ++i) {
        const char byte = raw[i];
        const bool escapes = byte == '\\' && quote != '\'' && i + 1 < raw.size();
        if (escapes && raw[i + 1] == '\n') {
            ++i;
        } else if (escapes && (quote == 0 || std::string_view("$`\"\\").contains(raw[i + 1]))) {
            document.quoted = true;
            text += raw[++i];
        } else if (byte == quote) {
            quote = 0;
        } else if (quote == 0 && (byte == '\'' || byte == '"')) {
            document.quoted = true;
            quote = byte;
        } else {
            text += byte;
        }
    }
    document.delimiter = arena().text(text);
}

bool Parser::raw_line(std::string& line) {
    int byte = source_->peek();
    if (byte < 0) return false;
    for (;; byte = source_->peek()) {
        if (byte < 0) return true;
        ++source_->at;
        line += static_cast<char>(byte);
        if (byte == '\n') {
            ++source_->line;
            return true;
        }
    }
}

void Parser::read_document(HereDocument& document) {
    std::string body;
    std::string line;
    const int first = source_->line;
    for (;;) {
        line.clear();
        // The end of the script ends a here-document too: that is what all shells do.
        if (!raw_line(line)) break;
        if (document.strip_tabs) line.erase(0, line.find_first_not_of('\t'));
        while (!document.quoted) {
            // A line that is continued is compared as a whole.
            const auto content = line.find_last_not_of('\n');
            const auto before = line.find_last_not_of('\\', content);
            const auto slashes = content == line.npos  ? 0
                                 : before == line.npos ? content + 1
                                                       : content - before;
            if (!line.ends_with('\n') || slashes % 2 == 0) break;
            line.resize(line.size() - 2);
            if (!raw_line(line)) break;
        }
        const auto text = std::string_view(line).substr(0, line.size() - line.ends_with('\n'));
        if (text == document.delimiter) break;
        body += line;
    }
    if (document.quoted) {
        const std::vector<Part> parts{{.quoted = true, .text = arena().text(body)}};
        document.body = {.parts = arena().copy(parts), .plain = true};
        return;
    }
    Source inner(std::move(body));
    inner.line = first;
    Source* outer = std::exchange(source_, &inner);
    Builder builder;
    word_text(builder, Context::document);
    flush(builder);
    document.body.parts = arena().copy(builder.parts);
    source_ = outer;
}

void Parser::read_documents() {
    // A substitution inside a body may have here-documents of its own.
    const auto pending = std::exchange(pending_, {});
    const bool continued =
        std::exchange(source_->continued, !pending.empty() || source_->continued);
    const auto start = token_start_;
    const int line = token_line_;
    for (auto* document : pending) read_document(*document);
    token_start_ = start;
    token_line_ = line;
    token_ = Token::newline;
    source_->continued = continued;
}

// "…" without the quotes: PS1, PS2 and PS4.
const Word* Parser::quoted_text(ProgramPointer& program) {
    program_ = program = std::make_shared<Program>();
    Builder builder;
    word_text(builder, Context::document);
    flush(builder);
    return broken_ ? nullptr : arena().make(Word{.parts = arena().copy(builder.parts)});
}

}  // namespace limpet::shell
