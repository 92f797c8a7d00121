#include "component/component_secret.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/enc.h"
#include "base/err.h"
#include "config/policy.h"
#include "repo/config.h"
#include "repo/repo.h"
#include "safe/inventory.h"
#include "safe/safe_reader.h"
#include "sys/env.h"
#include "sys/file.h"
#include "sys/memdir.h"

#define MOST ((size_t)64 * 1024)

/* ---- where they are ------------------------------------------------------ */

static int
add_bytes(void *ctx, const void *data, size_t len)
{
	struct gv_secret *out = ctx;

	return out->len + len > MOST
	    ? gv_err(GV_EREFUSED, "the credentials are too large")
	    : gv_secret_add(out, data, len);
}

/* A file of this host, that nobody else can read. */
static int
open_file(struct gv_component_secret *out, const char *path)
{
	unsigned char bytes[4096];
	struct stat st;
	ssize_t n = 0;
	int fd = -1, r = gv_env_expand(&out->path, path);

	if (r < 0 || (r = gv_buf_check(&out->path)) < 0 ||
	    (r = gv_file_open(&fd, &st, AT_FDCWD, out->path.p)) < 0)
		return gv_err_in(r, "the credentials");
	if (st.st_mode & 077)
		r = gv_err(GV_EREFUSED,
		    "others can read the credentials in %s; to stop that: "
		    "chmod 600 %s",
		    out->path.p, out->path.p);
	while (r == 0 && (n = gv_file_read_some(fd, bytes, sizeof(bytes))) > 0)
		r = add_bytes(&out->text, bytes, (size_t)n);
	if (r == 0 && n < 0)
		r = gv_err_sys("cannot read %s", out->path.p);
	explicit_bzero(bytes, sizeof(bytes));
	gv_file_close(fd);
	out->file = out->path.p;
	return r;
}

static int
write_file(struct gv_component_secret *out)
{
	int r = gv_memdir_make(&out->dir);

	if (r < 0)
		return r;
	gv_buf_addf(&out->path, "%s/credentials", out->dir.p);
	if ((r = gv_buf_check(&out->path)) < 0)
		return r;
	out->file = out->path.p;
	return gv_file_write_over(
	    AT_FDCWD, out->path.p, out->text.p, out->text.len, 0600);
}

/* The secrets that the ledger of a scope has under these digits. */
struct found {
	const struct gv_inventory_value *current, *past; /* any one of them */
	size_t n;                                        /* current ones */
};

static void
look_for(struct found *out, const struct gv_inventory *secrets,
    const char *scope, const char *digits)
{
	const size_t len = strlen(digits);
	char hex[2 * GV_DIGEST_BYTES + 1];
	size_t i;

	*out = (struct found){ .n = 0 };
	if (len < GV_INVENTORY_PREFIX || len >= sizeof(hex))
		return;
	for (i = 0; i < secrets->n; i++) {
		const struct gv_inventory_value *v = &secrets->values[i];

		gv_enc_hex(hex, v->id.bytes, GV_DIGEST_BYTES);
		if (!v->is_kept || strcmp(v->scope, scope) != 0 ||
		    strncmp(hex, digits, len) != 0)
			continue;
		if (v->life.is_rotated || v->life.is_revoked) {
			out->past = v;
		} else {
			out->current = v;
			out->n++;
		}
	}
}

/* By the first digits of its id: eight or more look like a secret in clear, and
 * no policy with one is accepted. */
static int
find_id(struct gv_digest *out, struct gv_repo *repo,
    const struct gv_policy_component *c)
{
	const char *const scopes[] = { c->env };
	const struct gv_inventory_opts opts = { scopes, 1, true };
	struct gv_inventory secrets = { .n = 0 };
	struct found found;
	int r = gv_inventory_load(&secrets, repo, &opts);

	if (r < 0)
		goto out;
	look_for(&found, &secrets, c->env, c->credentials);
	if (found.n == 1)
		*out = found.current->id;
	else if (found.n)
		r = gv_err(GV_EREFUSED,
		    "the credentials of the component '%s' are ambiguous: the "
		    "ids of %zu secrets of %s begin with '%s'; write more "
		    "digits, at most seven",
		    c->name, found.n, c->env, c->credentials);
	else if (found.past)
		r = gv_err(GV_EREFUSED,
		    "the credentials of the component '%s' are a secret that "
		    "is %s; put the id of its successor into the policy; to "
		    "list them: git vault secret list --scope %s",
		    c->name, gv_inventory_state(found.past), c->env);
	else
		r = gv_err(GV_EREFUSED,
		    "the credentials of the component '%s' must be the first "
		    "seven digits of the id of a secret of %s; to list them: "
		    "git vault secret list --scope %s",
		    c->name, c->env, c->env);
out:
	gv_inventory_release(&secrets);
	return r;
}

static int
open_secret(struct gv_component_secret *out, struct gv_repo *repo,
    struct gv_safe *safe, const struct gv_policy_component *c)
{
	struct gv_safe_place place = { .scope = c->env };
	struct gv_safe_reader *reader = NULL;
	int r = find_id(&place.id, repo, c);

	if (r < 0)
		return r;
	r = gv_safe_reader_new(&reader, safe);
	if (r == 0)
		r = gv_safe_read(reader, &place, add_bytes, &out->text);
	gv_safe_reader_free(reader);
	return r < 0
	    ? gv_err_in(r, "the credentials of the component '%s'", c->name)
	    : write_file(out);
}

int
gv_component_secret_open(struct gv_component_secret *out, struct gv_repo *repo,
    struct gv_safe *safe, const struct gv_policy_component *component)
{
	struct gv_buf key = GV_BUF_INIT;
	const char *path;
	int r;

	*out = (struct gv_component_secret){
		.dir = GV_BUF_INIT, .path = GV_BUF_INIT, .text = GV_SECRET_INIT
	};
	gv_buf_addf(&key, "vault.component.%s.credentials", component->name);
	if ((r = gv_buf_check(&key)) == 0) {
		path = gv_config_get(&repo->config, key.p);
		if (path && *path)
			r = open_file(out, path);
		else if (component->credentials)
			r = open_secret(out, repo, safe, component);
	}
	gv_buf_release(&key);
	return r;
}

/* ---- variables ----------------------------------------------------------- */

/* Put "NAME=" before the text, and end it with its first line. */
static int
make_value(struct gv_component_secret *s, const char *variable)
{
	struct gv_secret text = GV_SECRET_INIT;
	const unsigned char *end = memchr(s->text.p, '\n', s->text.len);
	const size_t len = end ? (size_t)(end - s->text.p) : s->text.len;
	int r;

	if ((r = gv_secret_add(&text, variable, strlen(variable))) == 0 &&
	    (r = gv_secret_add(&text, "=", 1)) == 0 &&
	    (r = gv_secret_add(&text, s->text.p, len)) == 0)
		r = gv_secret_add(&text, "", 1);
	gv_secret_release(&s->text);
	s->text = text;
	s->env[0] = (const char *)text.p;
	return r;
}

static int
make_name(struct gv_component_secret *s, const char *variable)
{
	int r;

	gv_secret_release(&s->text);
	if ((r = gv_secret_add(&s->text, variable, strlen(variable))) == 0 &&
	    (r = gv_secret_add(&s->text, "=", 1)) == 0)
		r = gv_secret_add(&s->text, s->file, strlen(s->file) + 1);
	s->env[0] = (const char *)s->text.p;
	return r;
}

static bool
is_variable(const char *line)
{
	const size_t n = strcspn(line, "=");
	size_t i;

	for (i = 0; i < n; i++)
		if (!isalnum((unsigned char)line[i]) && line[i] != '_')
			return false;
	return n && line[n] == '=' && !isdigit((unsigned char)*line);
}

/* What decides which code a program loads is no credential. Whoever may set the
 * secret would run programs here. */
static int
check_variable(const char *line)
{
	static const char *const fronts[] = { "LD_", "DYLD_",
		"PATH=", "BASH_ENV=", "ENV=", "IFS=", "PYTHON", "PERL", "RUBY",
		"NODE_", "JAVA_TOOL_OPTIONS=", "GIT_" };
	size_t i;

	for (i = 0; i < sizeof(fronts) / sizeof(fronts[0]); i++)
		if (strncmp(line, fronts[i], strlen(fronts[i])) == 0)
			return gv_err(GV_EREFUSED,
			    "the credentials set %.*s, which decides what a "
			    "program runs; take that line out",
			    (int)strcspn(line, "="), line);
	return 0;
}

static int
make_lines(struct gv_component_secret *s)
{
	char *line, *next, *text;
	size_t n = 0;
	int r = gv_secret_add(&s->text, "", 1);

	if (r < 0)
		return r;
	text = (char *)s->text.p;
	for (line = text; *line; line = next) {
		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = '\0';
		if (*line == '\0' || *line == '#')
			continue;
		if (!is_variable(line) || n == GV_COMPONENT_ENV)
			return gv_err(GV_EREFUSED,
			    "credentials for the environment are lines "
			    "NAME=value, at most %d of them",
			    GV_COMPONENT_ENV);
		if ((r = check_variable(line)) < 0)
			return r;
		s->env[n++] = line;
	}
	return 0;
}

int
gv_component_secret_env(struct gv_component_secret *secret,
    enum gv_component_secret_kind kind, const char *variable)
{
	if (secret->file == NULL)
		return 0;
	switch (kind) {
	case GV_COMPONENT_FILE_NAME:
		return make_name(secret, variable);
	case GV_COMPONENT_VALUE:
		return secret->text.len ? make_value(secret, variable) : 0;
	case GV_COMPONENT_LINES:
		return make_lines(secret);
	case GV_COMPONENT_ARGUMENT:
		return 0;
	case GV_COMPONENT_NO_SECRET:
		break;
	}
	return gv_err(
	    GV_EREFUSED, "a component of this type has no credentials");
}

void
gv_component_secret_close(struct gv_component_secret *secret)
{
	gv_memdir_remove(&secret->dir);
	gv_buf_release(&secret->path);
	gv_secret_release(&secret->text);
	*secret = (struct gv_component_secret){ .file = NULL };
}
