#include "vault/author.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/time.h"
#include "repo/repo.h"
#include "sys/clock.h"
#include "sys/env.h"

#define YEAR_10000 253402300800 /* its first second */
#define NAME_MOST  512 /* bytes of a name that are taken, to its last letter */

/* What Git strips off both ends of a name. */
static bool
is_crud(char c)
{
	return strchr(" .,:;'\"\\<>", c) != NULL;
}

/* Git's rules for a name: no control characters, and nothing that would end
 * the field. */
static void
add_name(struct gv_buf *out, const char *name)
{
	size_t before = out->len;

	for (; *name; name++) {
		if (out->len - before >= NAME_MOST &&
		    ((unsigned char)*name & 0xc0) != 0x80)
			break;
		if ((unsigned char)*name >= ' ' && !strchr("<>", *name) &&
		    !(out->len == before && is_crud(*name)))
			gv_buf_addch(out, *name);
	}
	while (out->len > before && is_crud(out->p[out->len - 1]))
		gv_buf_truncate(out, out->len - 1);
}

static const char *
identity(const struct gv_config *config, const char *env, const char *author,
    const char *user)
{
	const char *v = gv_env_get(env);

	if (v == NULL)
		v = gv_config_get(config, author);
	if (v == NULL || *v == '\0')
		v = gv_config_get(config, user);
	return v && *v ? v : NULL;
}

/* "Name <mail>": Git's identity, or ours where none is set; never a failure.*/
void
gv_author_add_name(struct gv_buf *out, const struct gv_repo *repo)
{
	const struct gv_config *config = &repo->config;
	const char *name =
	    identity(config, "GIT_AUTHOR_NAME", "author.name", "user.name");
	const char *mail =
	    identity(config, "GIT_AUTHOR_EMAIL", "author.email", "user.email");
	char user[256], host[256];
	size_t before = out->len;

	gv_env_host(host, sizeof(host));
	gv_env_user(user, sizeof(user));
	add_name(out, name ? name : "git-vault");
	if (out->len == before)
		gv_buf_addstr(out, "git-vault");
	gv_buf_addstr(out, " <");
	if (mail) {
		add_name(out, mail);
	} else {
		add_name(out, user);
		gv_buf_addch(out, '@');
		add_name(out, host);
	}
	gv_buf_addch(out, '>');
}

int
gv_author_check_time(int64_t now)
{
	char text[GV_TIME_MAX];

	if (now >= 0 && now < YEAR_10000)
		return 0;
	gv_time_rfc3339(text, now);
	return gv_err(GV_ERROR,
	    "the clock says %s, and nothing can be recorded of a time before "
	    "1970 or after 9999; set it ('date -u' shows it)",
	    text);
}

int
gv_author_add(struct gv_buf *out, const struct gv_repo *repo, int64_t now)
{
	static const char *const roles[] = { "author", "committer" };
	int zone = gv_clock_zone(now), r = gv_author_check_time(now);
	size_t i;

	if (r < 0)
		return r;
	for (i = 0; i < 2; i++) {
		gv_buf_addf(out, "%s ", roles[i]);
		gv_author_add_name(out, repo);
		gv_buf_addf(out, " %lld %c%02d%02d\n", (long long)now,
		    zone < 0 ? '-' : '+', abs(zone) / 60, abs(zone) % 60);
	}
	gv_buf_addch(out, '\n');
	return gv_buf_check(out);
}

size_t
gv_author_name_len(const char *author)
{
	size_t len = author ? strcspn(author, "<") : 0;

	while (len > 0 && author[len - 1] == ' ')
		len--;
	return len;
}
