#include "symbol/symbol_word.h"

#define SPACE_WORD(id, word, reach)  word,
#define SPACE_REACH(id, word, reach) GV_SYMBOL_REACH_##reach,
#define WORD(id, word)               word,

const char *const gv_symbol_spaces[] = { GV_SYMBOL_SPACES(SPACE_WORD) };
const char *const gv_symbol_edges[] = { GV_SYMBOL_EDGES(WORD) };
const char *const gv_symbol_values[] = { GV_SYMBOL_VALUES(WORD) };

static const unsigned char reaches[] = { GV_SYMBOL_SPACES(SPACE_REACH) };

enum gv_symbol_reach
gv_symbol_reach(enum gv_symbol_space space)
{
	return (enum gv_symbol_reach)reaches[space];
}
