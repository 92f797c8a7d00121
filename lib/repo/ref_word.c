#include <string.h>

#include "repo/ref.h"

static bool
may_stand(char c, const struct gv_buf *word, size_t begin)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_' ||
	    (c == '.' && word->len > begin && word->p[word->len - 1] != '.');
}

bool
gv_ref_add_word(struct gv_buf *out, const char *name)
{
	static const char lock[] = ".lock";
	size_t before = out->len, end;
	const char *p;

	for (p = name; *p; p++)
		gv_buf_addch(out, may_stand(*p, out, before) ? *p : '-');
	if (out->failed)
		return true;
	for (end = out->len; end > before; end--)
		if (out->p[end - 1] != '.' && out->p[end - 1] != '-')
			break;
	gv_buf_truncate(out, end);
	if (end - before >= sizeof(lock) &&
	    strcmp(out->p + end - strlen(lock), lock) == 0)
		out->p[end - strlen(lock)] = '-';
	return end > before;
}
