#include "record/record.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/time.h"
#include "repo/refs.h"
#include "sys/env.h"

bool
gv_record_is_id(const char *text, size_t len)
{
	int64_t t;
	size_t i;

	if (len != GV_RECORD_ID_LEN || memchr(text, '\0', len) ||
	    gv_time_parse_compact(&t, text) < 0 || text[16] != '-')
		return false;
	for (i = 17; i < len; i++)
		if ((text[i] < '0' || text[i] > '9') &&
		    (text[i] < 'a' || text[i] > 'f'))
			return false;
	return true;
}

bool
gv_record_is_short(const char *id, const char *text)
{
	const size_t len = strlen(text);
	const size_t digits = GV_RECORD_ID_LEN - GV_RECORD_STAMP_LEN - 1;

	if (len < GV_RECORD_ID_SHORT || len > GV_RECORD_ID_LEN)
		return false;
	return strncmp(id, text, len) == 0 ||
	    (len == digits && strlen(id) == GV_RECORD_ID_LEN &&
		strcmp(id + GV_RECORD_ID_LEN - digits, text) == 0);
}

bool
gv_record_is_ref(const char *name)
{
	const char *id = name + strlen(GV_REFS_SNAPSHOTS);

	return gv_record_is_id(id, strlen(id));
}

static void
free_list(char **list, size_t n)
{
	while (n > 0)
		free(list[--n]);
	free(list);
}

static void
free_texts(struct gv_record *rec)
{
	free(rec->author);
	free(rec->subject);
	free(rec->body);
	free(rec->host);
	free(rec->trigger);
	free(rec->branch);
	free(rec->previous);
	free(rec->only);
	free(rec->omits);
}

void
gv_record_release(struct gv_record *rec)
{
	if (rec == NULL)
		return;
	if (rec->text == NULL)
		free_texts(rec);
	free(rec->text);
	free(rec->pin_reason);
	free_list(rec->tags, rec->n_tags);
	free_list(rec->environments, rec->n_environments);
	free_list(rec->unsettled, rec->n_unsettled);
	free_list(rec->nested, rec->n_nested);
	memset(rec, 0, sizeof(*rec));
}

bool
gv_record_is_of(const struct gv_record *rec, const char *env)
{
	size_t i;

	for (i = 0; i < rec->n_environments; i++)
		if (strcmp(rec->environments[i], env) == 0)
			return true;
	return false;
}

bool
gv_record_has_tag(const struct gv_record *rec, const char *tag, size_t len)
{
	size_t i;

	for (i = 0; i < rec->n_tags; i++)
		if (strlen(rec->tags[i]) == len &&
		    memcmp(rec->tags[i], tag, len) == 0)
			return true;
	return false;
}

bool
gv_record_is_here(const struct gv_record *rec)
{
	char host[256];

	gv_env_host(host, sizeof(host));
	return rec->host && strcmp(rec->host, host) == 0;
}

/* "12 svn 5". */
static bool
read_omits(struct gv_record_omits *out, const char *text)
{
	static const char *const tools[] = { "svn", "hg" };
	static const char *const digits[] = { "0123456789",
		"0123456789abcdef" };
	size_t n = strspn(text, digits[0]), i;

	if (n == 0 || n > 18 || text[n] != ' ')
		return false;
	out->files = strtoull(text, NULL, 10);
	text += n + 1;
	for (i = 0; i < 2; i++) {
		n = strlen(tools[i]);
		if (strncmp(text, tools[i], n) != 0 || text[n] != ' ')
			continue;
		text += n + 1;
		n = strspn(text, digits[i]);
		if (n == 0 || n >= sizeof(out->revision) || text[n])
			return false;
		memcpy(out->revision, text, n + 1);
		out->tool = tools[i];
		return true;
	}
	return false;
}

bool
gv_record_omitted(struct gv_record_omits *out, const struct gv_record *rec)
{
	memset(out, 0, sizeof(*out));
	if (rec->omits == NULL)
		return false;
	if (!read_omits(out, rec->omits))
		memset(out, 0, sizeof(*out));
	return true;
}

void
gv_record_say_omits(struct gv_buf *out, const struct gv_record *rec)
{
	struct gv_record_omits o;

	if (!gv_record_omitted(&o, rec))
		return;
	if (o.tool == NULL)
		gv_buf_addstr(out, "files of another version control system");
	else
		/* a changeset as hg prints it */
		gv_buf_addf(out, "%llu file%s, as in %s %.12s",
		    (unsigned long long)o.files, o.files == 1 ? "" : "s",
		    strcmp(o.tool, "svn") == 0 ? "revision" : "changeset",
		    o.revision);
	if (o.tool)
		gv_buf_addf(out, " of %s",
		    strcmp(o.tool, "svn") == 0 ? "Subversion" : "Mercurial");
}
