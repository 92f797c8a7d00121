#ifndef GV_WATCH_UNIT_H
#define GV_WATCH_UNIT_H
/*
 * The service of systemd for a user that runs `git vault watch run` from login
 * on. Where the user has no systemd, watch is started by itself.
 *
 *	r = gv_watch_unit_enable(&path, self, false);
 *	r = gv_watch_unit_remove();
 */

#include <stdbool.h>

struct gv_buf;

/* Append the text of the service; pure. `config` is the user's folder of
 * configuration where it is not ~/.config, or NULL. 0; GV_EREFUSED for a path
 * that a service cannot hold; GV_ENOMEM. */
int gv_watch_unit_text(
    struct gv_buf *out, const char *program, const char *config, bool polls);

/* Write the service, enable and start it. 1, with its path appended; 0 where
 * this user has no systemd; GV_ERROR, GV_EREFUSED, GV_ENOMEM. */
int gv_watch_unit_enable(struct gv_buf *path, const char *program, bool polls);

/* Stop and remove it. 1; 0 where there was none; GV_ERROR where its file
 * cannot be removed; GV_ENOMEM. */
int gv_watch_unit_remove(void);

#endif
