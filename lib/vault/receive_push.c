#include "vault/receive_push.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"

#define ID (GV_OID_HEX + 1)

static int
take_line(struct gv_receive *out, char *line)
{
	struct gv_receive_update u = { .ref = NULL };
	int r;

	if (strlen(line) <= 2 * ID || line[ID - 1] != ' ' ||
	    line[2 * ID - 1] != ' ' || gv_oid_parse(&u.old, line) < 0 ||
	    gv_oid_parse(&u.new, line + ID) < 0)
		return gv_err(GV_ECORRUPT,
		    "git's report of the push is not \"OLD NEW REF\": %.100s",
		    line);
	u.ref = line + 2 * ID;
	if ((r = GV_GROW(out->updates, out->n, out->cap)) == 0)
		out->updates[out->n++] = u;
	return r;
}

int
gv_receive_parse(struct gv_receive *out, const char *text, size_t len)
{
	struct gv_receive push = { .text = malloc(len + 1) };
	char *p = push.text, *nl;
	int r = 0;

	if (p == NULL)
		return gv_err_nomem();
	memcpy(p, text, len);
	p[len] = '\0';
	if (memchr(text, '\0', len))
		r = gv_err(
		    GV_ECORRUPT, "git's report of the push has a zero byte");
	for (; r == 0 && *p; p = nl) {
		nl = p + strcspn(p, "\n");
		if (*nl)
			*nl++ = '\0';
		r = take_line(&push, p);
	}
	if (r < 0)
		gv_receive_release(&push);
	else
		*out = push;
	return r;
}

void
gv_receive_release(struct gv_receive *push)
{
	if (push == NULL)
		return;
	free(push->updates);
	free(push->text);
	memset(push, 0, sizeof(*push));
}

const struct gv_receive_update *
gv_receive_find(const struct gv_receive *push, const char *ref)
{
	size_t i;

	for (i = 0; i < push->n; i++)
		if (strcmp(push->updates[i].ref, ref) == 0)
			return &push->updates[i];
	return NULL;
}
