#include "param/param_new_internal.h"

#include <string.h>

#include "base/err.h"
#include "param/param_internal.h"
#include "policy/team.h"

/* The entry of an environment in the policy, copied for another one. */

struct making {
	struct gv_param_new *out;
	struct gv_param_pool *pool;
	const char *name, *like;
};

bool
gv_param_new_is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9');
}

const char *
gv_param_new_word(const char *text, size_t len, const char *word)
{
	const size_t n = strlen(word);
	const char *end = text + len, *p = text;

	while ((p = memmem(p, (size_t)(end - p), word, n)) != NULL) {
		if ((p == text || !gv_param_new_is_letter(p[-1])) &&
		    (p + n == end || !gv_param_new_is_letter(p[n])))
			return p;
		p++;
	}
	return NULL;
}

/* Append the rest of an entry; in what is a path the environment is renamed. */
static void
add_renamed(
    struct gv_buf *out, const char *p, const char *end, const struct making *m)
{
	const size_t n = strlen(m->like);
	const char *stop, *at;
	size_t len;

	for (; p < end; p = stop) {
		len = 0;
		while (p + len < end && strchr(" \t\n,[]{}\"'", p[len]) == NULL)
			len++;
		stop = p + len;
		if (memchr(p, '/', len) || memchr(p, '*', len))
			while ((at = gv_param_new_word(
				    p, (size_t)(stop - p), m->like)) != NULL) {
				gv_buf_add(out, p, (size_t)(at - p));
				gv_buf_addstr(out, m->name);
				p = at + n;
			}
		gv_buf_add(out, p, (size_t)(stop - p));
		if (stop < end)
			gv_buf_addch(out, *stop++);
	}
}

/* {prod: {}}: the copy stands behind it. */
static int
add_in_flow(struct making *m, const struct gv_doc_node *n)
{
	const struct gv_buf *was = &m->out->policy_was;
	struct gv_buf *out = &m->out->policy;
	const size_t to = n->at + n->len;

	gv_buf_add(out, was->p, to);
	gv_buf_addf(out, ", %s", m->name);
	add_renamed(out, was->p + n->key_at + n->key_len, was->p + to, m);
	gv_buf_add(out, was->p + to, was->len - to);
	return gv_buf_check(out);
}

static int
add_entry(struct making *m, const struct gv_doc *doc, uint32_t node)
{
	const struct gv_doc_node *n = &doc->nodes[node];
	const struct gv_buf *was = &m->out->policy_was;
	struct gv_buf *out = &m->out->policy;
	size_t from = n->key_at, to = n->at + n->len, i;

	if (doc->nodes[n->parent].style == GV_DOC_STYLE_FLOW)
		return add_in_flow(m, n);
	while (from && was->p[from - 1] != '\n')
		from--;
	for (i = from; i < n->key_at; i++)
		if (was->p[i] != ' ')
			return gv_err(GV_EREFUSED,
			    "%s: the entry of '%s' is not on lines of its own; "
			    "add one of '%s' there first",
			    GV_TEAM_POLICY, m->like, m->name);
	while (to < was->len && was->p[to] != '\n')
		to++;
	gv_buf_add(out, was->p, to);
	gv_buf_addch(out, '\n');
	gv_buf_add(out, was->p + from, n->key_at - from);
	gv_buf_addstr(out, m->name);
	add_renamed(out, was->p + n->key_at + n->key_len, was->p + to, m);
	gv_buf_add(out, was->p + to, was->len - to);
	return gv_buf_check(out);
}

/* The policy with the entry can be read, and has it. */
static int
check_policy(const struct making *m)
{
	struct gv_policy policy = GV_POLICY_INIT;
	int r = gv_policy_parse(
	    &policy, GV_TEAM_POLICY, m->out->policy.p, m->out->policy.len);

	if (r < 0)
		return r;
	if (gv_policy_env(&policy, m->name) == NULL)
		r = gv_err(GV_EREFUSED,
		    "%s: an entry of '%s' cannot be added; add it by hand",
		    GV_TEAM_POLICY, m->name);
	gv_policy_release(&policy);
	return r;
}

int
gv_param_new_policy(struct gv_param_new *out, struct gv_param_pool *pool,
    const char *name, const char *like)
{
	struct making making = {
		.out = out, .pool = pool, .name = name, .like = like
	};
	struct making *m = &making;
	struct gv_buf key = GV_BUF_INIT;
	struct gv_doc doc;
	uint32_t node;
	int r;

	if (gv_policy_env(&m->pool->policy, m->like) == NULL ||
	    !gv_param_exists(m->pool, GV_TEAM_POLICY))
		return 0;
	gv_buf_addstr(&key, "environments");
	gv_layer_add_key(&key, m->like, strlen(m->like));
	if ((r = gv_buf_check(&key)) < 0 ||
	    (r = gv_param_read(&out->policy_was, m->pool, GV_TEAM_POLICY)) <
		0 ||
	    (r = gv_doc_read(&doc, GV_DOC_FORMAT_YAML, out->policy_was.p,
		 out->policy_was.len, NULL)) < 0)
		goto out;
	node = gv_doc_find(&doc, GV_DOC_NONE, key.p);
	/* accepted once, and gone from the file */
	if (node != GV_DOC_NONE && (r = add_entry(m, &doc, node)) == 0 &&
	    (r = check_policy(m)) == 0)
		out->has_policy = true;
	gv_doc_release(&doc);
out:
	gv_buf_release(&key);
	return r;
}
