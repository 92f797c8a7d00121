#include "toolstate/live.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/lines.h"
#include "base/vec.h"
#include "toolstate/live_internal.h"

/* Names of attributes shown of a resource, in bytes, and of a name. */
#define NAMES_MAX    400
#define RESOURCE_MAX 500

const char *
gv_live_tool_name(enum gv_live_tool tool)
{
	static const char *const names[] = {
		[GV_LIVE_LINES] = "the command",
		[GV_LIVE_TERRAFORM] = "terraform",
		[GV_LIVE_PULUMI] = "pulumi",
		[GV_LIVE_CLOUDFORMATION] = "aws cloudformation",
		[GV_LIVE_AZURE] = "az deployment group what-if",
		[GV_LIVE_CONFIG_CONNECTOR] = "Config Connector",
		[GV_LIVE_KUBECTL] = "kubectl diff",
	};

	return names[tool];
}

bool
gv_live_is_success(enum gv_live_tool tool, int status)
{
	return status == 0 || (tool == GV_LIVE_KUBECTL && status == 1) ||
	    (tool == GV_LIVE_TERRAFORM && status == 2);
}

/* ---- changes ------------------------------------------------------------- */

const char *
gv_live_text(const struct gv_unjson_node *map, const char *key)
{
	const char *text = gv_unjson_get_text(map, key);

	return text ? text : "";
}

int
gv_live_add(struct gv_live *out, const char *resource, size_t len,
    enum gv_live_change_kind kind)
{
	struct gv_live_change *change;

	if (len == 0 || memchr(resource, '\0', len))
		return gv_err(GV_EREFUSED,
		    "a change in the report of %s names no resource",
		    gv_live_tool_name(out->tool));
	if (out->n == GV_LIVE_MAX)
		return gv_err(GV_EREFUSED, "%s reports more than %d changes",
		    gv_live_tool_name(out->tool), GV_LIVE_MAX);
	if (GV_GROW(out->changes, out->n, out->cap) < 0)
		return gv_err_nomem();
	change = &out->changes[out->n++];
	if (out->text.len)
		gv_buf_add(&out->text, "", 1);
	change->resource = out->text.len;
	gv_buf_add(
	    &out->text, resource, len < RESOURCE_MAX ? len : RESOURCE_MAX);
	gv_buf_add(&out->text, "", 1);
	change->names = out->text.len;
	change->kind = kind;
	out->is_cut = false;
	return gv_buf_check(&out->text);
}

void
gv_live_name(struct gv_live *out, const char *name, size_t len)
{
	const size_t had = out->text.len - out->changes[out->n - 1].names;

	if (len == 0 || out->is_cut || memchr(name, '\0', len))
		return;
	gv_buf_addstr(&out->text, had ? ", " : "");
	out->is_cut = had + len > NAMES_MAX;
	if (out->is_cut)
		gv_buf_addstr(&out->text, "…");
	else
		gv_buf_add(&out->text, name, len);
}

int
gv_live_sentence(struct gv_buf *out, const struct gv_live *live,
    const struct gv_live_change *change)
{
	static const char *const said[] = {
		[GV_LIVE_CHANGED] = "differs from what is there",
		[GV_LIVE_GONE] = "is not there",
		[GV_LIVE_EXTRA] = "is there, though nothing asks for it",
		[GV_LIVE_UNKNOWN] = "could not be compared",
	};
	const char *names = live->text.p + change->names;
	gv_buf_addf(
	    out, "%s %s", live->text.p + change->resource, said[change->kind]);
	if (*names)
		gv_buf_addf(out, ": %s", names);
	return gv_buf_check(out);
}

void
gv_live_release(struct gv_live *live)
{
	free(live->changes);
	gv_buf_release(&live->text);
	memset(live, 0, sizeof(*live));
}

/* ---- lines of JSON ------------------------------------------------------- */

static int
own_line(struct gv_live *out, const struct gv_unjson_node *line)
{
	static const char *const kinds[] = { "changed", "gone", "extra",
		"unknown" };
	const struct gv_unjson_node *a = gv_unjson_get(line, "attributes");
	const char *resource = gv_live_text(line, "resource");
	const char *change = gv_live_text(line, "change");
	size_t i;
	int r;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(change, kinds[i]) == 0)
			break;
	if (i == sizeof(kinds) / sizeof(kinds[0]))
		return gv_err(GV_EREFUSED,
		    "a line of the command has no \"change\" that is changed, "
		    "gone, extra or unknown");
	r = gv_live_add(
	    out, resource, strlen(resource), (enum gv_live_change_kind)i);
	a = r == 0 && a && a->kind == GV_UNJSON_LIST ? a->first : NULL;
	for (; a; a = a->next)
		if (a->kind == GV_UNJSON_TEXT)
			gv_live_name(out, a->text, a->len);
	return r;
}

static int
terraform_line(struct gv_live *out, const struct gv_unjson_node *line)
{
	const struct gv_unjson_node *change = gv_unjson_get(line, "change");
	const char *addr =
	    gv_live_text(gv_unjson_get(change, "resource"), "addr");
	const char *action = gv_live_text(change, "action");

	if (strcmp(gv_live_text(line, "@level"), "error") == 0)
		return gv_err(GV_EREFUSED,
		    "terraform reports an error, so it did not look at "
		    "everything: terraform plan -refresh-only");
	if (strcmp(gv_live_text(line, "type"), "resource_drift") != 0 ||
	    strcmp(action, "noop") == 0 || strcmp(action, "move") == 0)
		return 0;
	return gv_live_add(out, addr, strlen(addr),
	    strcmp(action, "delete") == 0 ? GV_LIVE_GONE : GV_LIVE_CHANGED);
}

/* Take a line in; *ended: it is the last one that matters. */
static int
take_line(struct gv_live *out, const struct gv_unjson_node *line, bool *ended)
{
	const struct gv_unjson_node *complete = gv_unjson_get(line, "complete");

	if (*gv_live_text(line, "@level")) {
		out->tool = GV_LIVE_TERRAFORM;
		*ended |=
		    strcmp(gv_live_text(line, "type"), "change_summary") == 0;
		return terraform_line(out, line);
	}
	if (complete) {
		*ended |= complete->kind == GV_UNJSON_TRUE;
		return 0;
	}
	return own_line(out, line);
}

static int
read_lines(struct gv_live *out, char *text, size_t len)
{
	const char *p = text, *line;
	bool ended = false;
	size_t n;
	int r = 0;

	while (r == 0 && gv_lines_next(&line, &n, &p, text + len)) {
		struct gv_unjson *doc = NULL;

		if (n == 0)
			continue;
		r = gv_unjson_parse(
		    &doc, "the report", text + (line - text), n);
		if (r == 0)
			r = take_line(out, gv_unjson_root(doc), &ended);
		gv_unjson_free(doc);
	}
	if (r == 0 && !ended)
		r = gv_err(GV_EREFUSED, "the report of %s was cut off: %s",
		    gv_live_tool_name(out->tool),
		    out->tool == GV_LIVE_TERRAFORM
			? "it has no summary"
			: "its last line is not {\"complete\": true}");
	return r;
}

/* ---- kubectl diff -------------------------------------------------------- */

/* Of the last word of a line, what is behind its folder. */
static const char *
last_part(const char *p, size_t len, size_t *n)
{
	const char *at = p + len;

	while (at > p && at[-1] != '/' && at[-1] != ' ')
		at--;
	*n = (size_t)(p + len - at);
	return at;
}

static bool
begins(const char *line, size_t n, const char *word)
{
	return n >= strlen(word) && memcmp(line, word, strlen(word)) == 0;
}

/* Each object begins with "diff …/LIVE-N/NAME …/MERGED-N/NAME"; one that is not
 * there has nothing on the side of LIVE. */
static int
read_diff(struct gv_live *out, const char *text, size_t len)
{
	const char *p = text, *line, *name;
	bool is_first = false;
	size_t n, name_len;
	int r = 0;

	out->tool = GV_LIVE_KUBECTL;
	while (r == 0 && gv_lines_next(&line, &n, &p, text + len)) {
		if (begins(line, n, "diff ")) {
			name = last_part(line, n, &name_len);
			r = gv_live_add(out, name, name_len, GV_LIVE_CHANGED);
			is_first = true;
		} else if (out->n == 0) {
			r = gv_err(GV_EREFUSED,
			    "this is no report that git-vault knows: its first "
			    "line is neither JSON nor that of kubectl diff; see "
			    "git vault help state");
		} else if (is_first && begins(line, n, "@@ ")) {
			is_first = false;
			if (begins(line, n, "@@ -0,0 "))
				out->changes[out->n - 1].kind = GV_LIVE_GONE;
		}
	}
	return r;
}

/* ---- all of them --------------------------------------------------------- */

static int
read_document(struct gv_live *out, const struct gv_unjson_node *doc)
{
	int (*const readers[])(struct gv_live *,
	    const struct gv_unjson_node *) = { gv_live_read_terraform_plan,
		gv_live_read_pulumi, gv_live_read_cloudformation,
		gv_live_read_config_connector, gv_live_read_azure };
	size_t i;
	int r;

	for (i = 0; i < sizeof(readers) / sizeof(readers[0]); i++)
		if ((r = readers[i](out, doc)) != 0)
			return r < 0 ? r : 0;
	return gv_err(GV_EREFUSED,
	    "this JSON is no report that git-vault knows; see git vault help "
	    "state");
}

/* Whether the first line is a document, of a kind that has one a line. */
static int
is_lines(const char *text, size_t len)
{
	const char *nl = memchr(text, '\n', len);
	struct gv_buf line = GV_BUF_WIPED_INIT;
	struct gv_unjson *doc = NULL;
	const struct gv_unjson_node *root;
	char *before = gv_err_save();
	int r;

	gv_buf_add(&line, text, nl ? (size_t)(nl - text) : len);
	r = gv_buf_check(&line) < 0
	    ? GV_ENOMEM
	    : gv_unjson_parse(&doc, "line", line.p, line.len);
	if (r == 0) {
		root = gv_unjson_root(doc);
		r = *gv_live_text(root, "@level") ||
		    gv_unjson_get(root, "complete") ||
		    (gv_unjson_get(root, "resource") &&
			gv_unjson_get(root, "change"));
	}
	gv_unjson_free(doc);
	gv_buf_release(&line);
	gv_err_restore(before);
	return r == GV_ENOMEM ? gv_err_nomem() : r > 0;
}

int
gv_live_read(struct gv_live *out, char *text, size_t len)
{
	struct gv_unjson *doc = NULL;
	int r;

	memset(out, 0, sizeof(*out));
	out->text = (struct gv_buf)GV_BUF_INIT;
	while (len && (*text == ' ' || *text == '\n' || *text == '\r')) {
		text++;
		len--;
	}
	if (len == 0 || (*text != '{' && *text != '['))
		r = read_diff(out, text, len);
	else if ((r = is_lines(text, len)) > 0)
		r = read_lines(out, text, len);
	else if (r == 0 &&
	    (r = gv_unjson_parse(&doc, "the report", text, len)) == 0)
		r = read_document(out, gv_unjson_root(doc));
	gv_unjson_free(doc);
	if (r == 0 && gv_buf_check(&out->text) < 0)
		r = gv_err_nomem();
	return r;
}
