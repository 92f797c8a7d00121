#include "base/systemd.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/utf8.h"

int
gv_systemd_word(struct gv_buf *out, const char *word)
{
	/* it passes over a line that is no UTF-8 */
	if (!gv_utf8_is_valid(word, strlen(word)))
		return gv_err(GV_EREFUSED,
		    "a service of systemd cannot hold a path that is not "
		    "UTF-8");
	gv_buf_addch(out, '"');
	for (; *word; word++) {
		if ((unsigned char)*word < 0x20 || *word == 0x7f)
			return gv_err(GV_EREFUSED,
			    "a service of systemd cannot hold a path with "
			    "control characters");
		if (*word == '"' || *word == '\\')
			gv_buf_addch(out, '\\');
		if (*word == '%' || *word == '$')
			gv_buf_addch(out, *word);
		gv_buf_addch(out, *word);
	}
	gv_buf_addch(out, '"');
	return gv_buf_check(out);
}

/* In Environment= a '$' is itself. */
int
gv_systemd_variable(struct gv_buf *out, const char *name, const char *value)
{
	struct gv_buf word = GV_BUF_INIT;
	int r;

	gv_buf_addf(&word, "%s=%s", name, value);
	if ((r = gv_buf_check(&word)) == 0 && strchr(value, '$'))
		r = gv_err(GV_EREFUSED,
		    "a service of systemd cannot hold a folder of "
		    "configuration with '$' in its name");
	gv_buf_addstr(out, "Environment=");
	if (r == 0)
		r = gv_systemd_word(out, word.p);
	gv_buf_addch(out, '\n');
	gv_buf_release(&word);
	return r < 0 ? r : gv_buf_check(out);
}
