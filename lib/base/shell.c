#include "base/shell.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"

static bool
is_plain(const char *word)
{
	static const char set[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	    "-_./:=+,@%";

	return *word && word[strspn(word, set)] == '\0';
}

void
gv_shell_quote(struct gv_buf *out, const char *word)
{
	gv_buf_addch(out, '\'');
	for (; *word; word++)
		if (*word == '\'')
			gv_buf_addstr(out, "'\\''");
		else
			gv_buf_addch(out, *word);
	gv_buf_addch(out, '\'');
}

void
gv_shell_word(struct gv_buf *out, const char *word)
{
	gv_buf_addch(out, ' ');
	if (is_plain(word))
		gv_buf_addstr(out, word);
	else
		gv_shell_quote(out, word);
}
