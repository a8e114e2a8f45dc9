// receive.h - a stream of records as files below one directory.
//
// Whoever sent it is not trusted: no name leads out of the directory, no link is followed, and
// nothing but regular files, directories and symbolic links is made. A file has its name only once
// it is whole and its digest is right.
#pragma once

#include "attach/copy/hasher.h"
#include "attach/copy/progress.h"
#include "limpet/digest.h"
#include "limpet/fd.h"
#include "limpet/transfer.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::attach::copy {

struct Destination {
    Fd directory;
    std::string path;                 // of the directory, for messages
    std::optional<std::string> name;  // what the one operand is called; else as it was there
    bool archive = false;             // owner, extended attributes and all bits of the mode, too
    std::optional<std::string> part;  // the file that a broken transfer left there
};

class Receiver {
public:
    Receiver(Destination destination, Progress& progress)
        : to_(std::move(destination)), progress_(progress) {}

    // To the end of the stream. An error ends all; what concerns one file is reported and counted.
    Result<> run(transfer::Reader& reader);
    [[nodiscard]] std::uint64_t failures() const { return failures_; }

private:
    struct Level {
        std::string name;
        Fd directory;
    };
    // What stands in a directory changes its time and needs its permission to write.
    struct Late {
        std::string path;
        transfer::Entry entry;
    };
    struct Incoming {
        transfer::Entry entry;
        std::string path = {};  // as it is called here
        std::string name = {};  // the last part of that
        Fd file = {};
        std::string temporary = {};  // its name meanwhile; empty: none
        Digest digest{DigestKind::sha256};
        std::uint64_t at = 0;
    };

    Result<> take(const transfer::Record& record);
    Result<std::string> place(std::string_view path);
    Result<BorrowedFd> parent_of(std::string_view path);
    Result<> directory(transfer::Entry entry);
    Result<> link(const transfer::Entry& entry);
    Result<> file(transfer::Entry entry);
    Result<> open_file(Incoming& incoming, BorrowedFd parent);
    Result<> data(std::string_view payload);
    Result<> prefix(const transfer::Sum& sum);
    Result<> complete(const transfer::Sum& sum);
    Result<> finish_file(Incoming& incoming, const transfer::Sum& sum);
    Result<> give_name(Incoming& incoming, BorrowedFd parent);
    Result<> dress(BorrowedFd file, const transfer::Entry& entry, const std::string& path);
    Result<> dress_directory(const Late& late);
    void drop(Incoming& incoming);
    void report(const Error& problem);
    std::string temporary_name();
    [[nodiscard]] std::string spoken(std::string_view path) const;

    Destination to_;
    Progress& progress_;
    bool begun_ = false, ended_ = false;
    std::optional<std::string> top_;  // the first part of every name, when there is one name
    std::vector<Level> levels_;       // to the directory where the last thing was put
    std::vector<Late> late_;
    std::optional<Incoming> file_;
    Hasher hasher_;
    bool passing_ = false;  // the data of a file that could not be made
    std::uint64_t entries_ = 0, failures_ = 0, temporaries_ = 0;
};

}  // namespace limpet::attach::copy
