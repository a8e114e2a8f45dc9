// libc.cpp - what a static libc would bring along for these names, and must not.
#include "parse/calendar.h"

#include <ctime>

// libc's read the zone files of wherever the agent stands (and are 100 KB); the logger asks for
// them. There is no zone in here: ctime(3) in UTC.
extern "C" struct tm* gmtime_r(const time_t* seconds, struct tm* result) {
    const auto moment = limpet::parse::moment(*seconds);
    *result = {};
    result->tm_year = static_cast<int>(moment.year - 1900);
    result->tm_mon = moment.month - 1;
    result->tm_mday = moment.day;
    result->tm_hour = moment.hour;
    result->tm_min = moment.minute;
    result->tm_sec = moment.second;
    result->tm_wday = moment.weekday;
    result->tm_yday = moment.day_of_year;
    result->tm_zone = "UTC";
    return result;
}
extern "C" struct tm* localtime_r(const time_t* seconds, struct tm* result) {
    return gmtime_r(seconds, result);
}
