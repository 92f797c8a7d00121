#include <string.h>

#include "base/err.h"
#include "base/path.h"
#include "infra/kubeapi.h"
#include "param/param_check_internal.h"
#include "param/param_reference.h"
#include "symbol/symbol_der.h"

/* What is wrong with values whatever a schema says: certificates that ended,
 * placeholders of secrets that nobody put back, APIs that clusters do not have.
 */

#define DAY  (24 * 3600)
#define SOON (14 * DAY)

/* A value and what it is in, so that its path is made only where it is said. */
struct spot {
	const struct spot *up;
	const struct gv_layer_value *v;
	size_t i; /* in a list */
};

struct looking {
	struct gv_param_checker *c;
	const struct gv_param_one *one;
};

static void
add_path(struct gv_buf *out, const struct spot *s)
{
	if (s->up == NULL)
		return;
	add_path(out, s->up);
	if (s->up->v->kind == GV_LAYER_MAP)
		gv_layer_add_key(out, s->v->key, s->v->key_len);
	else
		gv_layer_add_element(out, s->i);
}

/* The text is released. */
static int
say(const struct looking *l, const struct spot *s, enum gv_param_grade grade,
    const char *check, struct gv_buf *text)
{
	struct gv_buf path = GV_BUF_INIT;
	int r;

	add_path(&path, s);
	if ((r = gv_buf_check(&path)) == 0 && (r = gv_buf_check(text)) == 0)
		r = gv_param_check_say(l->c, l->one,
		    (struct gv_param_problem){ .grade = grade,
			.check = check,
			.key = path.p ? path.p : "",
			.text = text->p },
		    s->v);
	gv_buf_release(&path);
	gv_buf_release(text);
	return r;
}

static int
judge(const struct looking *l, const struct spot *s, const struct gv_buf *der)
{
	const int64_t now = l->c->report->now;
	struct gv_symbol_certificate cert;
	struct gv_buf text = GV_BUF_INIT;
	long long days;

	if (!gv_symbol_der_certificate(
		&cert, (const unsigned char *)der->p, der->len)) {
		gv_buf_addstr(&text, "a certificate in it cannot be read");
		return say(l, s, GV_PARAM_UNSURE, "certificate", &text);
	}
	days = (long long)((cert.not_after - now) / DAY);
	if (cert.not_after > now + SOON)
		return 0;
	if (cert.not_after < now)
		gv_buf_addf(
		    &text, "a certificate in it ended %lld days ago", -days);
	else
		gv_buf_addf(
		    &text, "a certificate in it ends in %lld days", days);
	return say(l, s, cert.not_after < now ? GV_PARAM_WRONG : GV_PARAM_NOTE,
	    "certificate", &text);
}

static int
look_at_certificates(const struct looking *l, const struct spot *s)
{
	struct gv_buf der = GV_BUF_INIT;
	const char *at = s->v->text;
	int r;

	while ((r = gv_symbol_der_next(&der, &at, s->v->text + s->v->len)) > 0)
		if ((r = judge(l, s, &der)) < 0)
			break;
	gv_buf_release(&der);
	return r;
}

/* SOPS writes how a value is opened into the file that has it: without that
 * nothing opens the value, whoever has the key. */
static bool
is_orphan(const struct gv_param *param, const struct gv_layer_value *v)
{
	static const char sign[] = "ENC[AES256_GCM,";
	const struct gv_layer_value *root;
	const struct gv_param_file *file;

	if (v->len < strlen(sign) || memcmp(v->text, sign, strlen(sign)) != 0 ||
	    v->layer >= param->n || param->private->files[v->layer]->is_section)
		return false;
	file = param->private->files[v->layer];
	root = file->layer.tree.root;
	return root && root->kind == GV_LAYER_MAP && !file->has_sops &&
	    gv_layer_get(root, "sops_mac", 8) == NULL;
}

/* A check uses no network, so the vault that keeps the value is not asked. The
 * report says so, and what is in the repository is checked. */
static int
look_at_reference(const struct looking *l, const struct spot *s,
    const struct gv_param_reference *ref)
{
	struct gv_buf text = GV_BUF_INIT, path = GV_BUF_INIT;
	enum gv_param_grade grade = GV_PARAM_NOTE;
	int r;

	gv_buf_add(&path, ref->path, ref->path_len);
	if ((r = gv_buf_check(&path)) < 0)
		return r;
	if (ref->wrong) {
		grade = GV_PARAM_WRONG;
		gv_buf_addstr(&text, ref->wrong);
	} else if (path.len && gv_path_is_all_safe(path.p) &&
	    !gv_param_exists(l->c->pool, path.p)) {
		grade = GV_PARAM_WRONG;
		gv_buf_addf(&text,
		    "it refers to the file '%.200s', which is missing", path.p);
	} else {
		l->c->report->n_references++;
		gv_buf_addf(
		    &text, "not checked here: reference to %s", ref->store);
	}
	gv_buf_release(&path);
	return say(l, s, grade, "reference", &text);
}

/* In a snapshot placeholders are as they should be. */
static int
look_at_text(const struct looking *l, const struct spot *s)
{
	static const char placeholder[] = "GITVAULT[";
	const struct gv_layer_value *v = s->v;
	struct gv_param_reference ref;
	struct gv_buf text = GV_BUF_INIT;
	int r = 0;

	if (gv_param_reference(&ref, v->text, v->len))
		return look_at_reference(l, s, &ref);
	/* Hiera puts a value in its place, of facts that its node has */
	if (l->one->param->dialect == GV_PARAM_HIERA &&
	    memmem(v->text, v->len, "%{", 2)) {
		gv_buf_addstr(&text,
		    "Hiera interpolates %{...} in it, which is not done here");
		return say(l, s, GV_PARAM_UNSURE, "reference", &text);
	}
	if (l->c->report->now && v->len > 100 &&
	    memmem(v->text, v->len, "-----BEGIN CERT", 15))
		r = look_at_certificates(l, s);
	if (r == 0 && is_orphan(l->one->param, v)) {
		gv_buf_addstr(&text,
		    "SOPS encrypted it, and nothing opens it: its file has no "
		    "section sops");
		return say(l, s, GV_PARAM_WRONG, "secret", &text);
	}
	if (r == 0 && l->c->pool->tree == NULL && v->len > 10 &&
	    memmem(v->text, v->len, placeholder, strlen(placeholder))) {
		gv_buf_addstr(&text,
		    "a placeholder is in the place of the secret, which was "
		    "not opened when the file was restored");
		r = say(l, s, GV_PARAM_WRONG, "secret", &text);
	}
	return r;
}

static int
look_at_api(const struct looking *l, const struct spot *s)
{
	const struct gv_layer_value *api = gv_layer_get(s->v, "apiVersion", 10);
	const struct gv_layer_value *kind = gv_layer_get(s->v, "kind", 4);
	const struct gv_kubeapi *gone;
	struct gv_buf text = GV_BUF_INIT, a = GV_BUF_INIT, k = GV_BUF_INIT;
	const struct spot at = { .up = s, .v = api };
	int r;

	if (api == NULL || kind == NULL || api->kind != GV_LAYER_TEXT ||
	    kind->kind != GV_LAYER_TEXT)
		return 0;
	gv_buf_add(&a, api->text, api->len);
	gv_buf_add(&k, kind->text, kind->len);
	r = gv_buf_check(&a) < 0 || gv_buf_check(&k) < 0 ? GV_ENOMEM : 0;
	gone =
	    r == 0 ? gv_kubeapi_removed(a.p ? a.p : "", k.p ? k.p : "") : NULL;
	if (gone) {
		gv_buf_addf(&text,
		    "Kubernetes %s and later do not have this kind of %s%s%s",
		    gone->gone, gone->api, gone->now ? "; it is now " : "",
		    gone->now ? gone->now : "");
		r = say(l, &at, GV_PARAM_WRONG, "api", &text);
	}
	gv_buf_release(&a);
	gv_buf_release(&k);
	return r;
}

static int
look(const struct looking *l, const struct spot *s)
{
	struct spot in = { .up = s };
	int r = 0;

	if (s->v->kind == GV_LAYER_TEXT)
		return look_at_text(l, s);
	if (s->v->kind == GV_LAYER_MAP)
		r = look_at_api(l, s);
	for (in.i = 0; r == 0 && in.i < s->v->n; in.i++) {
		in.v = s->v->items[in.i];
		r = look(l, &in);
	}
	return r;
}

int
gv_param_check_values(
    struct gv_param_checker *c, const struct gv_param_one *one)
{
	const struct looking l = { c, one };
	const struct spot root = { .v = one->param->tree.root };

	return root.v ? look(&l, &root) : 0;
}
