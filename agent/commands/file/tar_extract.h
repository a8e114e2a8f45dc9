// tar_extract.h - entries of an archive as files, or as bytes on standard output.
#pragma once

#include "commands/create.h"
#include "commands/file/tar.h"
#include "commands/names.h"
#include "commands/walk.h"

#include <optional>
#include <vector>

namespace limpet::commands::tar {

// Writes below one directory, whatever the archive says: names are taken apart into components,
// ".." is refused, and no symbolic link is followed on the way, neither one that was there before
// nor one that the archive itself has put there.
class Extraction {
public:
    Extraction(Invocation& call, const Style& style);
    // Takes the data of the entry from the source in any case: errors of the entry itself are
    // complained about, those of the archive returned.
    Result<> one(const parse::tar::Entry& entry, Source& source);
    // What had to wait until all files are there: modes and times of directories.
    void finish();

private:
    struct Late {
        std::string path;
        std::uint32_t mode, uid, gid;
        std::int64_t modified;
        bool is_link = false;
    };
    Result<> open_base();
    // Where a name of the archive lies; `make`: with the directories that lead there.
    Result<Place> place(std::string_view name, bool make);
    Result<Place> here(std::string_view name);
    Result<> make(const parse::tar::Entry& entry, const Place& place);
    Result<> make_directory_at(const Place& place, std::uint32_t mode);
    Result<> make_file(const parse::tar::Entry& entry, const Place& place, Source& source);
    Result<> settle(const Late& what, const Place& place);
    Result<> copy(BorrowedFd file, std::uint64_t size, Source& source);
    void print_file(const parse::tar::Entry& entry, Source& source);
    Invocation& call_;
    const Style& style_;
    std::uint32_t mask_ = 0;
    bool owners_ = false;
    std::optional<Place> base_;     // the directory of -C
    std::optional<Trail> trail_;    // from there to where the entry before lies
    std::vector<std::string> way_;  // the names of that
    std::vector<Late> late_;
    std::size_t late_size_ = 0;
    std::uint64_t left_ = 0;  // of the entry's data, in the archive
    std::optional<Error> broken_;
    bool absolute_said_ = false;
};

}  // namespace limpet::commands::tar
