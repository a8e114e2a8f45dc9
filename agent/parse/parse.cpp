// parse.cpp - keeps the layer's object library from being empty until its parsers arrive.
#include "parse/number.h"
