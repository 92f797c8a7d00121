#include "toolstate/state_repair_internal.h"

#include <string.h>

/* What is asked about a repair without one: words, addresses, what may be lost.
 */

#define URN     "urn:pulumi:"
#define PENDING "pending."

const char *
gv_state_note_name(enum gv_state_note kind)
{
	static const char *const names[] = {
		[GV_STATE_LOST] = "lost",
		[GV_STATE_ADDED] = "added",
		[GV_STATE_HEAD_FROM] = "head",
		[GV_STATE_WRITTEN] = "written",
		[GV_STATE_CHOSEN] = "chosen",
		[GV_STATE_ONE_SIDED] = "one-sided",
		[GV_STATE_LEFT] = "left",
		[GV_STATE_UNDECIDED] = "undecided",
		[GV_STATE_TWICE] = "twice",
		[GV_STATE_UNMET] = "unmet",
	};

	return names[kind];
}

size_t
gv_state_repair_bare(const char *address)
{
	const char *p = address, *open = NULL;

	/* a URN is all of it, whatever its name ends in */
	if (strncmp(address, URN, strlen(URN)) == 0)
		return strlen(address);
	while (*p) {
		if (*p++ != '[')
			continue;
		open = p - 1;
		if (*p == '"') {
			for (p++; *p && *p != '"'; p++)
				p += *p == '\\' && p[1];
		}
		while (*p && *p != ']')
			p++;
		if (*p == ']' && *++p == '\0')
			return (size_t)(open - address);
	}
	return (size_t)(p - address);
}

bool
gv_state_repair_is_passing(const char *address)
{
	return strncmp(address, PENDING, strlen(PENDING)) == 0 &&
	    strstr(address, "." URN) != NULL;
}

static bool
is_list_whole(const struct gv_state_document *d,
    const struct gv_state_salvage *how, bool outputs)
{
	const struct gv_state_member *list =
	    how ? gv_state_body_list(how, d, outputs) : NULL;

	return d->is_whole || (list && list->is_whole);
}

bool
gv_state_repair_may_lose(
    const struct gv_state_triage *bad, size_t document, bool outputs)
{
	size_t i, numbers[3] = { 0 };
	bool any = false;

	for (i = 0; i < bad->n_documents; i++) {
		const struct gv_state_document *d = &bad->documents[i];

		if (++numbers[d->side] != document && document)
			continue;
		any = true;
		if (!is_list_whole(d, gv_state_body_how(d->info.tool), outputs))
			return true;
	}
	return !any;
}

bool
gv_state_repair_may(const struct gv_state_triage *bad)
{
	const struct gv_state_salvage *how;
	size_t i;

	for (i = 0; i < bad->n; i++)
		if (!bad->found[i].is_head)
			return true;
	for (i = 0; i < bad->n_documents; i++) {
		how = gv_state_body_how(bad->documents[i].info.tool);
		if (how && !how->is_loose)
			return true;
	}
	return false;
}
