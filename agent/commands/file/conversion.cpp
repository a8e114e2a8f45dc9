// conversion.cpp - what stands between % and the letter of a directive.
#include "commands/file/conversion.h"

#include "parse/number.h"

#include <algorithm>

namespace limpet::commands {

Conversion conversion(std::string_view format, std::size_t& at, std::string_view ignored) {
    Conversion how;
    for (; at < format.size(); ++at) {
        const char flag = format[at];
        if (flag == '-')
            how.left = true;
        else if (flag == '0')
            how.zeros = true;
        else if (flag == '+')
            how.sign = true;
        else if (flag == ' ')
            how.space = true;
        else if (flag == '#')
            how.other = true;
        else if (!ignored.contains(flag))
            break;
    }
    const auto take = [&]() -> std::optional<std::size_t> {
        const auto end = std::min(format.find_first_not_of("0123456789", at), format.size());
        const auto value = parse::number<std::size_t>(format.substr(at, end - at));
        at = end;
        return value ? std::optional(std::min<std::size_t>(*value, 4096)) : std::nullopt;
    };
    how.width = take().value_or(0);
    how.point = at < format.size() && format[at] == '.';
    if (how.point) {
        ++at;
        how.precision = take();
    }
    return how;
}

}  // namespace limpet::commands
