// shell/parser.h - a script's text to commands, XCU 2.3 to 2.10.
//
// One class over four files, because the shell's lexer needs its grammar and the other way round:
// lexer.cpp (tokens), words.cpp (quotes), dollar.cpp (expansions inside words), document.cpp
// (here-documents), parser.cpp and compound.cpp (commands).
#pragma once

#include "shell/ast.h"
#include "shell/source.h"
#include "shell/symbols.h"

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace limpet::shell {

using Aliases = std::unordered_map<std::string, std::string>;

enum class Token : std::uint8_t {
    end,
    newline,
    word,
    io_number,
    and_if,
    or_if,
    semicolon,
    case_end,
    case_through,
    ampersand,
    pipe,
    left,
    right,
    less,
    great,
    less_and,
    great_and,
    less_great,
    clobber,
    append,
    document,
    document_tabs,
};

class Parser {
public:
    enum class Outcome : std::uint8_t { command, end, error };

    Parser(Source& source, Symbols& symbols, const Aliases* aliases = nullptr)
        : source_(&source), symbols_(symbols), aliases_(aliases) {}

    // The next command with all that stands on its line. After an error the rest of the line is
    // dropped, so that an interactive shell goes on with the next one.
    Outcome next(ProgramPointer& program);
    // "3:7: unexpected ')'": line and column.
    [[nodiscard]] const std::string& error() const { return error_; }

    // The text as the inside of double quotes, for prompts; null with error() set.
    const Word* quoted_text(ProgramPointer& program);

private:
    // Where a run of word text stands, and so what ends it and which quotes count.
    enum class Context : std::uint8_t {
        word,          // to a blank or an operator
        quotes,        // "..."
        document,      // here-document
        brace,         // ${x-...}
        quoted_brace,  // "${x-...}"
        pattern,       // ${x/...: to / or }
        arithmetic,    // to ))
        offset,        // ${x:...: to : or }
    };

    struct Builder {
        std::vector<Part> parts;
        std::string literal;
        bool quoted = false;
    };
    struct ActiveAlias {
        std::string name;
        std::size_t end;
    };

    // parser.cpp
    const Node* list(bool may_be_empty);
    void list_item(std::vector<Item>& items, bool& more, bool top);
    void and_or(std::vector<Item>& items);
    const Node* pipeline();
    bool times();
    const Node* command();
    const Node* simple();
    bool simple_word(std::vector<Assignment>& assignments, std::vector<Word>& words);
    const Node* function_definition(std::string_view name, int line);
    bool redirection(std::vector<Redirection>& redirections);
    bool at_list_end();

    // compound.cpp
    const Node* compound();
    const Node* finish(Node* node, int line);
    const Node* brace_group();
    const Node* subshell();
    const Node* condition();
    const Node* loop(bool until);
    const Node* each();
    const Node* choice();
    bool branch(std::vector<Branch>& branches);
    bool expect(std::string_view reserved);
    bool word_list(std::vector<Word>& words);
    void conditional(std::vector<Word>& words);

    // lexer.cpp
    // The next byte with line continuations removed.
    int look() {
        const auto& text = source_->text;
        const bool plain = !broken_ && source_->at < text.size() && text[source_->at] != '\\';
        return plain ? static_cast<unsigned char>(text[source_->at]) : look_further();
    }
    int look_further();
    int take();
    bool accept(char byte);
    Token peek();
    void consume() { have_token_ = false; }
    void lex();
    Token lex_operator(int byte);
    bool is_reserved(std::string_view word) { return peek() == Token::word && literal_ == word; }
    void skip_newlines();
    bool substitute_alias();
    [[nodiscard]] int column_of(std::size_t at) const;
    void fail(std::string_view reason);
    void unexpected();
    std::string_view written_since(std::size_t start);

    // words.cpp
    void word_text(Builder& builder, Context context);
    bool ends_here(int byte, Context context, int& depth);
    void backslash(Builder& builder, Context context);
    void single_quotes(Builder& builder);
    void c_quotes(Builder& builder);
    void c_escape(std::string& bytes);
    void double_quotes(Builder& builder);
    void add(Builder& builder, char byte, bool quoted);
    void flush(Builder& builder);
    Word finish_word(Builder& builder, bool assignment = false);
    void mark_tildes(std::vector<Part>& parts, bool assignment);

    // dollar.cpp
    void dollar(Builder& builder, Context context);
    void brace(Builder& builder, Context context);
    bool brace_name(Part& part);
    void brace_operator(Part& part, Context context);
    void brace_slice(Part& part);
    void brace_replace(Part& part);
    void bad_brace(Part& part);
    const Word* brace_word(Context context);
    bool arithmetic(Builder& builder, bool quoted);
    void command_substitution(Builder& builder, bool quoted);
    void backquotes(Builder& builder, Context context);

    // document.cpp
    void read_documents();
    void read_document(HereDocument& document);
    bool raw_line(std::string& line);
    void document_delimiter(HereDocument& document);

    Arena& arena() { return program_->arena; }

    static constexpr int depth_limit = 600;  // of nesting: it is stack here and when it runs

    Source* source_;
    Symbols& symbols_;
    const Aliases* aliases_;
    ProgramPointer program_;
    std::string error_;
    bool broken_ = false;
    int depth_ = 0;

    bool have_token_ = false;
    Token token_ = Token::end;
    Word word_;
    std::string_view literal_;  // the word, when it is one unquoted literal
    std::size_t token_start_ = 0;
    int token_line_ = 1;

    std::vector<HereDocument*> pending_;
    std::vector<ActiveAlias> active_;
    std::size_t alias_blank_ = 0;  // the next word after here may be an alias too
};

}  // namespace limpet::shell
