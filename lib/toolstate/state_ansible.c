#include "toolstate/state_internal.h"

#include <string.h>

#include "base/err.h"

/*
 * What Ansible knows of hosts: an inventory, as `ansible-inventory --list` and
 * scripts print it, and the facts of one host, as the cache of facts has them
 * in a file.
 *
 *	{ "_meta": { "hostvars": { HOST: { VARIABLE: … } } },
 *	  GROUP: { "hosts": [ HOST ], "children": [ GROUP ], "vars": {…} } }
 *
 *	{ "ansible_hostname": "web1", "ansible_distribution": … }
 *
 * or as `ansible -m setup --tree DIR` leaves them, with what came of it:
 *
 *	{ "ansible_facts": { the same }, "changed": false }
 *
 * A host goes by its name, a group by "@" and its name, as
 * `ansible-inventory --graph` prints it: a group may be called like a host.
 * Facts do not tell what the inventory calls the host; it goes by what it calls
 * itself.
 */

/* Of a file of facts: how many have to be known to be such. */
#define FACTS 3

static const char *const facts_key[] = { "ansible_facts" };

struct ansible {
	bool is_inventory;
	uint64_t keys, facts; /* of the document, as far as is looked ahead */
	uint64_t items;
	struct gv_buf address;
};

/* ---- names that promise a secret ---- */

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool
ends_with(const char *p, size_t len, const char *word)
{
	size_t n = strlen(word), i;

	if (len < n)
		return false;
	for (i = 0; i < n; i++) {
		if (lower(p[len - n + i]) != word[i])
			return false;
	}
	return true;
}

static bool
is_part(const char *p, size_t len, const char *const *words, size_t n)
{
	size_t i = 0;

	while (
	    i < n && !(strlen(words[i]) == len && ends_with(p, len, words[i])))
		i++;
	return i < n;
}

/* Whether a part of a name, between two '_', says that a secret follows. */
static bool
is_secret_part(const char *p, size_t len)
{
	static const char *const ends[] = { "password", "passwd", "passphrase",
		"secret", "secrets", "token", "tokens", "apikey", "pass" };
	static const char *const words[] = { "key", "keys", "pwd", "credential",
		"credentials", "passwords", "privatekey" };
	size_t i;

	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		if (ends_with(p, len, ends[i]))
			return true;
	}
	return is_part(p, len, words, sizeof(words) / sizeof(words[0]));
}

/* What is public, or says where or how long a secret is, is no secret. */
static bool
is_plain_part(const char *p, size_t len, bool is_last)
{
	static const char *const nowhere[] = { "public", "pub" };
	static const char *const last[] = { "file", "files", "path", "dir",
		"name", "url", "policy", "length", "type", "size", "id",
		"checking", "prompt" };

	if (is_part(p, len, nowhere, sizeof(nowhere) / sizeof(nowhere[0])))
		return true;
	return is_last && is_part(p, len, last, sizeof(last) / sizeof(last[0]));
}

/* Whether the name of a variable promises a secret: ansible_become_pass,
 * db_password, api_key, but not ansible_ssh_private_key_file. The environment
 * of a host may hold anything. */
static bool
is_secret_name(const char *p, size_t len)
{
	bool is_secret =
	    len == strlen("ansible_env") && memcmp(p, "ansible_env", len) == 0;
	const char *end = p + len, *part = p;

	for (; p <= end; p++) {
		if (p < end && *p != '_' && *p != '-' && *p != '.')
			continue;
		if (is_plain_part(part, (size_t)(p - part), p == end))
			return false;
		is_secret |= is_secret_part(part, (size_t)(p - part));
		part = p + 1;
	}
	return is_secret;
}

/* {"__ansible_vault": "$ANSIBLE_VAULT;…"}: encrypted by Ansible. */
static bool
is_encrypted(const struct gv_jsontext_token *t)
{
	static const char *const names[] = { "__ansible_vault" };
	struct gv_jsontext_token in;
	struct gv_jsontext j;
	size_t n = 0, vaults = 0;

	if (t->kind != GV_JSONTEXT_MAP)
		return false;
	gv_jsontext_init(&j, t->p, t->len);
	(void)gv_jsontext_next(&j, &in);
	while (
	    gv_jsontext_value(&j, &in) > 0 && in.kind != GV_JSONTEXT_MAP_END) {
		n++;
		vaults += in.kind == GV_JSONTEXT_TEXT &&
		    gv_state_key(&in, names, 1) == 0;
	}
	return n == 1 && vaults == 1;
}

/* ---- the document ---- */

static bool
is_fact(const struct gv_jsontext_token *t)
{
	static const char begin[] = "ansible_";
	size_t skip = t->key_len && t->key[0] == '_'; /* _ansible_facts_… */

	return t->key_len >= skip + sizeof(begin) - 1 &&
	    memcmp(t->key + skip, begin, sizeof(begin) - 1) == 0;
}

static bool
is_fact_map(const struct gv_jsontext_token *t)
{
	return t->kind == GV_JSONTEXT_MAP && gv_state_key(t, facts_key, 1) == 0;
}

static void
count_facts(struct ansible *a, struct gv_jsontext j)
{
	struct gv_jsontext_token t;

	while (gv_jsontext_next(&j, &t) > 0 && t.kind != GV_JSONTEXT_MAP_END) {
		a->keys++;
		a->facts += is_fact(&t);
		if (gv_state_skip(&j, &t) <= 0)
			break;
	}
}

static void
ansible_ahead(void *own, const struct gv_jsontext_token *token,
    const struct gv_jsontext *cursor)
{
	static const char *const names[] = { "_meta", "hostvars" };
	struct gv_jsontext j = *cursor;
	struct ansible *a = own;
	struct gv_jsontext_token t;

	a->keys++;
	a->facts += is_fact(token);
	if (is_fact_map(token))
		count_facts(a, j);
	if (gv_state_key(token, names, 1) != 0 ||
	    token->kind != GV_JSONTEXT_MAP)
		return;
	while (gv_jsontext_next(&j, &t) > 0 && t.kind != GV_JSONTEXT_MAP_END) {
		if (gv_state_key(&t, names, 2) == 1 &&
		    t.kind == GV_JSONTEXT_MAP)
			a->is_inventory = true;
		(void)gv_state_skip(&j, &t);
	}
}

static bool
is_facts(const struct ansible *a)
{
	return !a->is_inventory && a->facts >= FACTS && 2 * a->facts > a->keys;
}

static bool
is_meta(const struct gv_jsontext_level *level)
{
	return gv_state_is_level(level, true, "_meta");
}

static bool
ansible_whole(const void *own, const struct gv_jsontext_level *levels, size_t n)
{
	const struct ansible *a = own;

	if (n == 1)
		return levels[0].is_map && is_facts(a);
	return a->is_inventory && !is_meta(&levels[1]);
}

static bool
ansible_enter(const struct gv_jsontext_level *levels, size_t n)
{
	return n == 3 && gv_state_is_level(&levels[2], true, "hostvars") &&
	    is_meta(&levels[1]);
}

static int
ansible_member(void *own, const struct gv_jsontext_token *token)
{
	(void)own;
	(void)token;
	return 0;
}

static bool
ansible_claim(const void *own, struct gv_state_info *info)
{
	const struct ansible *a = own;

	(void)info;
	return a->items > 0 || a->is_inventory;
}

static bool
is_host(const struct gv_jsontext_piece *piece)
{
	return piece->n_levels == 3 && ansible_enter(piece->levels, 3) &&
	    piece->token.kind == GV_JSONTEXT_MAP;
}

/* Scripts may give a list of hosts in the place of a group. */
static bool
is_group(const struct ansible *a, const struct gv_jsontext_piece *piece)
{
	static const char *const names[] = { "_meta" };
	const struct gv_jsontext_token *t = &piece->token;

	return piece->n_levels == 1 && a->is_inventory && t->has_key &&
	    (t->kind == GV_JSONTEXT_MAP || t->kind == GV_JSONTEXT_LIST) &&
	    gv_state_key(t, names, 1) != 0;
}

static enum gv_state_unit
ansible_unit(
    void *own, const struct gv_jsontext_piece *piece, struct gv_buf *name)
{
	const struct gv_jsontext_token *t = &piece->token;
	struct ansible *a = own;

	if (piece->n_levels == 0) {
		if (t->kind != GV_JSONTEXT_MAP || !is_facts(a))
			return GV_STATE_OTHER;
		return GV_STATE_BODY;
	}
	if (is_host(piece))
		a->is_inventory = true;
	else if (!is_group(a, piece))
		return GV_STATE_OTHER;
	gv_buf_add(name, t->key, t->key_len);
	return GV_STATE_BODY;
}

/* ---- hosts and groups ---- */

static int
read_variables(
    struct gv_state_items *items, struct gv_jsontext *j, const char *prefix)
{
	struct gv_jsontext_token t;
	struct gv_jsontext in;
	unsigned marks;
	int r = 0;

	while (r == 0 && gv_jsontext_value(j, &t) > 0 &&
	    t.kind != GV_JSONTEXT_MAP_END) {
		if (prefix == NULL && is_fact_map(&t)) {
			gv_jsontext_init(&in, t.p, t.len);
			(void)gv_jsontext_next(&in, &t);
			r = read_variables(items, &in, "");
			continue;
		}
		marks = is_secret_name(t.key, t.key_len) && !is_encrypted(&t)
		    ? GV_STATE_SENSITIVE
		    : 0;
		r = prefix
		    ? gv_state_items_named(items, prefix, NULL, &t, marks)
		    : gv_state_items_attribute(items, &t, marks);
	}
	return r;
}

/* The hosts or groups of a list, which began. */
static int
read_names(struct ansible *a, struct gv_state_items *items,
    struct gv_jsontext *j, const char *before)
{
	struct gv_jsontext_token t;
	struct gv_state_text text;
	int r = 0;

	while (r == 0 && gv_jsontext_value(j, &t) > 0 &&
	    t.kind != GV_JSONTEXT_LIST_END) {
		text = gv_state_text_of(&t);
		if (text.len == 0)
			continue;
		gv_buf_reset(&a->address);
		gv_buf_addstr(&a->address, before);
		gv_state_text_add(&a->address, &text);
		r = gv_state_items_need_of(items, &a->address);
	}
	return r;
}

static int
read_group(
    struct ansible *a, struct gv_state_items *items, struct gv_jsontext *j)
{
	static const char *const names[] = { "hosts", "children", "vars" };
	struct gv_jsontext_token t;
	struct gv_jsontext in;
	size_t which;
	int r = 0;

	while (r == 0 && gv_jsontext_next(j, &t) > 0 &&
	    t.kind != GV_JSONTEXT_MAP_END) {
		which = gv_state_key(&t, names, 3);
		if (which == 2 && t.kind == GV_JSONTEXT_MAP) {
			r = read_variables(items, j, "vars.");
			continue;
		}
		in = *j;
		if (which < 2 && t.kind == GV_JSONTEXT_LIST)
			r = read_names(a, items, &in, which ? "@" : "");
		(void)gv_state_whole(j, &t);
		if (r == 0)
			r = gv_state_items_attribute(items, &t, 0);
	}
	return r;
}

/* What a host calls itself, of several names the first of these. */
static void
add_own_name(struct gv_buf *out, const struct gv_jsontext_token *whole)
{
	static const char *const names[] = { "inventory_hostname",
		"ansible_hostname", "ansible_nodename", "ansible_fqdn" };
	struct gv_state_text best = { NULL, 0, false }, text;
	size_t n = sizeof(names) / sizeof(names[0]), which;
	struct gv_jsontext_token t;
	struct gv_jsontext j;

	gv_jsontext_init(&j, whole->p, whole->len);
	(void)gv_jsontext_next(&j, &t);
	while (gv_jsontext_value(&j, &t) > 0 && t.kind != GV_JSONTEXT_MAP_END) {
		if (is_fact_map(&t)) {
			add_own_name(out, &t);
			return;
		}
		which = gv_state_key(&t, names, n);
		text = gv_state_text_of(&t);
		if (which < n && text.len) {
			best = text;
			n = which + 1;
		}
	}
	if (best.p)
		gv_state_text_add(out, &best);
	else
		gv_buf_addstr(out, "host");
}

static void
set_type(struct gv_state_item *item, const char *type)
{
	item->type = type;
	item->type_len = strlen(type);
}

static void
add_address(struct gv_buf *out, struct gv_state_item *item,
    const struct gv_jsontext_piece *piece)
{
	const struct gv_jsontext_token *t = &piece->token;
	struct gv_state_text name = { t->key, t->key_len, t->key_escaped };

	set_type(item, piece->n_levels == 1 ? "group" : "host");
	if (piece->n_levels == 1)
		gv_buf_addch(out, '@');
	if (t->has_key)
		gv_state_text_add(out, &name);
	else
		add_own_name(out, t);
}

static int
ansible_read(void *own, const struct gv_jsontext_piece *piece,
    struct gv_state_items *items)
{
	const struct gv_jsontext_token *whole = &piece->token;
	struct gv_state_item item = { .text = whole->p, .len = whole->len };
	size_t attributes = items->n_attributes, needs = items->n_needs;
	struct ansible *a = own;
	struct gv_jsontext_token t;
	struct gv_jsontext j;
	int r;

	gv_jsontext_init(&j, whole->p, whole->len);
	(void)gv_jsontext_next(&j, &t);
	if (whole->kind == GV_JSONTEXT_LIST)
		r = read_names(a, items, &j, "");
	else if (piece->n_levels == 1)
		r = read_group(a, items, &j);
	else
		r = read_variables(items, &j, NULL);
	if (r < 0)
		return r;
	a->items++;
	gv_buf_reset(&a->address);
	add_address(&a->address, &item, piece);
	return gv_state_items_close(
	    items, &item, &a->address, attributes, needs);
}

static void
ansible_release(void *own)
{
	struct ansible *a = own;

	gv_buf_release(&a->address);
}

const struct gv_state_handler gv_state_ansible = {
	.tool = "ansible",
	.memory = sizeof(struct ansible),
	.is_open = true,
	.ahead = ansible_ahead,
	.whole = ansible_whole,
	.enter = ansible_enter,
	.member = ansible_member,
	.unit = ansible_unit,
	.read = ansible_read,
	.claim = ansible_claim,
	.release = ansible_release,
	.salvage = &gv_state_ansible_salvage,
};
