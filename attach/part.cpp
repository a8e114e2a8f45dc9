// part.cpp - a file that has its name only once all of it has come.
#include "attach/part.h"

#include "attach/report.h"
#include "attach/sanitiser.h"
#include "limpet/fd.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

namespace limpet::attach {

Result<> Part::open() {
    struct stat status{};
    regular_ = ::stat(final_name_.c_str(), &status) != 0 || S_ISREG(status.st_mode);
    name_ = regular_ ? final_name_ + ".part" : final_name_;
    const int flags = regular_ ? O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW : O_WRONLY;
    constexpr mode_t owner_only = 0600;
    const Fd file(::open(name_.c_str(), flags | O_CLOEXEC, owner_only));
    if (!file) return failed("open", name_);
    if (::dup2(file.get(), 1) < 0) return failed("dup2", name_);
    return {};
}

int Part::close(std::string_view what, int status, bool whole) const {
    if (!regular_) return status;
    if (whole) {
        if (::rename(name_.c_str(), final_name_.c_str()) == 0) return status;
        return report(what, failed("rename", name_).error());
    }
    struct stat written{};
    if (::stat(name_.c_str(), &written) == 0 && written.st_size == 0) {
        ::unlink(name_.c_str());
    } else {
        (void)print(
            2, one_line("limpet: " + std::string(what) + ": what came until then is in " + name_) +
                   '\n');
    }
    return status;
}

}  // namespace limpet::attach
