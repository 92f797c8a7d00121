#include <string.h>

#include "base/err.h"
#include "drill/drill_internal.h"
#include "drill/drill_log.h"

/*
 * What is another since the drill that last passed, in the order in which it
 * is likely to be the reason. The snapshot comes last: it always is another.
 */

static const struct {
	const char *key, *name;
} asked[] = {
	{ "keyring", "the keyring" },
	{ "version", "git-vault" },
	{ "remote", "the remote" },
	{ "host", "the machine" },
	{ "user", "the user" },
	{ "sandbox", "the sandbox" },
	{ "snapshot", "the snapshot" },
};

static const char *
now_of(struct gv_drill *d, const char *key)
{
	const struct {
		const char *key, *value;
	} values[] = {
		{ "keyring", d->keyring },
		{ "version", d->version },
		{ "remote", d->remote },
		{ "host", d->host },
		{ "user", d->user },
		{ "snapshot", d->snapshot },
	};
	size_t i;

	for (i = 0; i < sizeof(values) / sizeof(*values); i++)
		if (strcmp(values[i].key, key) == 0)
			return values[i].value;
	return d->sandbox ? gv_drill_text(d, "%d", d->sandbox) : NULL;
}

static const char *
then_of(struct gv_drill *d, const struct gv_unjson_node *report,
    const struct gv_drill_logged *passed, const char *key)
{
	const struct gv_unjson_node *node =
	    report ? gv_unjson_get(report, key) : NULL;
	const char *text = node ? gv_unjson_get_text(report, key) : NULL;
	int64_t n;

	if (text)
		return gv_drill_text(d, "%s", text);
	if (node && (n = gv_unjson_count(node)) > 0)
		return gv_drill_text(d, "%lld", (long long)n);
	if (report)
		return NULL;
	return strcmp(key, "snapshot") == 0 ? passed->snapshot
	    : strcmp(key, "host") == 0      ? passed->host
					    : NULL;
}

/* What a drill did not come to is no difference. */
static int
compare(struct gv_drill *d, const struct gv_unjson_node *report,
    const struct gv_drill_logged *passed)
{
	size_t i;

	for (i = 0; i < sizeof(asked) / sizeof(*asked); i++) {
		const char *was = then_of(d, report, passed, asked[i].key);
		const char *is = now_of(d, asked[i].key);

		if (was == NULL || is == NULL || strcmp(was, is) == 0)
			continue;
		d->since.what = asked[i].name;
		d->since.was = gv_drill_text(d, "%s", was);
		d->since.is = gv_drill_text(d, "%s", is);
		return d->since.was && d->since.is ? 0 : GV_ENOMEM;
	}
	return 0;
}

int
gv_drill_since(struct gv_drill *d, const struct gv_drill_logged *passed,
    struct gv_buf *report)
{
	struct gv_unjson *doc = NULL;
	int r = 0;

	if (report->len)
		r = gv_unjson_parse(
		    &doc, "the report of a drill", report->p, report->len);
	if (r == GV_ENOMEM)
		return r;
	d->since.drill = gv_drill_text(d, "%s", passed->id);
	d->since.time = passed->time;
	r = d->since.drill
	    ? compare(d, doc ? gv_unjson_root(doc) : NULL, passed)
	    : GV_ENOMEM;
	gv_unjson_free(doc);
	return r;
}
