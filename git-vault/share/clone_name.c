#include "git-vault/share/clone_name.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"

/* Whether the text ends so, with something before that. */
static bool
ends(const char *p, size_t len, const char *with)
{
	size_t n = strlen(with);

	return len > n && memcmp(p + len - n, with, n) == 0;
}

static size_t
without_slashes(const char *p, size_t len)
{
	while (len > 0 && p[len - 1] == '/')
		len--;
	return len;
}

int
gv_clone_name(struct gv_buf *out, const char *url)
{
	const char *scheme = strstr(url, "://");
	const char *p = scheme ? scheme + 3 : url;
	size_t len = without_slashes(p, strlen(p)), from;

	if (ends(p, len, "/.git"))
		len = without_slashes(p, len - strlen(".git"));
	for (from = len; from > 0; from--)
		if (p[from - 1] == '/' || p[from - 1] == ':')
			break;
	p += from;
	len -= from;
	if (ends(p, len, ".git"))
		len -= strlen(".git");
	else if (ends(p, len, ".bundle"))
		len -= strlen(".bundle");
	if (len == 0 || *p == '.' || memchr(p, '\n', len))
		return gv_err(GV_EUSAGE,
		    "'%s' does not say what the directory is called: name it "
		    "after the address",
		    url);
	gv_buf_add(out, p, len);
	return gv_buf_check(out);
}
