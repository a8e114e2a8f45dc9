// below.h - places below one directory for names that somebody else chose.
#pragma once

#include "commands/create.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace limpet::commands {

// No name leads out of the directory, and no link is followed on the way, neither one that was
// there before nor one that has been made meanwhile.
class Below {
public:
    // In the directory where `operand` leads.
    static Result<Below> in(const Invocation& call, const std::string& operand);
    // In the directory that `place` names a thing in.
    explicit Below(Place place) : base_(std::move(place)) { base_.name = "."; }

    // Where the components lead, none of which is "", "." or ".."; `make`: with the directories on
    // the way. It stays valid when others are asked for.
    Result<Place> place(std::span<const std::string_view> components, bool make);

private:
    Result<Place> descend(Place from, std::string_view component, bool make);
    Place base_;
    std::optional<Place> parent_;  // of what was asked for last
    std::string parent_path_;
};

}  // namespace limpet::commands
