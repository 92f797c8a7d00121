#include <fcntl.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "key/keyfile.h"
#include "sys/file.h"

#define MOST ((size_t)64 * 1024) /* largest file of keys, in bytes */

static bool
is_key(const char *text)
{
	return strncmp(text, "age1", 4) == 0 || strncmp(text, "ssh-", 4) == 0;
}

static int
read_first_line(struct gv_buf *out, const char *path)
{
	struct gv_buf text = GV_BUF_INIT;
	const char *p, *end;
	int r = gv_file_read(&text, AT_FDCWD, path, MOST);

	if (r == GV_ENOTFOUND)
		r = gv_err(r,
		    "'%s' is no recipient (age1… or ssh-ed25519 …), and no "
		    "file that holds one",
		    path);
	for (p = text.p; r == 0; p = end + 1) {
		end = p + strcspn(p, "\r\n");
		if (is_key(p)) {
			gv_buf_add(out, p, (size_t)(end - p));
			r = gv_buf_check(out);
			break;
		}
		if ((*p && *p != '#' && p != end) || *end == '\0')
			r = gv_err(GV_ECORRUPT,
			    "%s does not hold a recipient (age1… or "
			    "ssh-ed25519 …)",
			    path);
	}
	gv_buf_release(&text);
	return r;
}

int
gv_keyfile_key(struct gv_buf *out, const char *word)
{
	if (!is_key(word))
		return read_first_line(out, word);
	gv_buf_addstr(out, word);
	return gv_buf_check(out);
}
