/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * database.c - accounting for a sandbox: a private MariaDB and slurmdbd
 *
 * The database lives in DIR/db and listens on 127.0.0.1 only, on the sandbox's
 * own port, with a random password that stands in slurmdbd.conf (mode 0600).
 */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/file.h"
#include "tools/sandbox/sandbox.h"

enum { PASSWORD_BYTES = 16, WAIT_ROUNDS = 900, WAIT_MSEC = 100 };

static int make_password(char *hex, struct weft_err *err)
{
	unsigned char bytes[PASSWORD_BYTES];

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		return weft_err_sys(err, errno, "no random bytes");
	for (int i = 0; i < PASSWORD_BYTES; i++)
		snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
	return 0;
}

static bool answers(unsigned int port)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET, .sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool yes = fd >= 0 &&
		   !connect(fd, (struct sockaddr *)&addr, sizeof(addr));

	if (fd >= 0)
		close(fd);
	return yes;
}

static int wait_for_port(const struct weft_sandbox *s, const char *name,
			 unsigned int port, struct weft_err *err)
{
	struct timespec ts = { .tv_nsec = WAIT_MSEC * 1000000L };

	for (int i = 0; i < WAIT_ROUNDS; i++) {
		if (answers(port))
			return 0;
		nanosleep(&ts, NULL);
	}
	return weft_err_set(err, ETIMEDOUT,
		"%s does not answer: see %s/log/%s.out", name, s->dir, name);
}

static int write_text(const struct weft_sandbox *s, const char *name,
		      struct weft_buf *text, struct weft_err *err)
{
	char path[PATH_MAX];
	int rc;

	weft_sandbox_path(s, path, sizeof(path), "etc/%s", name);
	rc = weft_file_replace(path, weft_buf_str(text), text->len, 0600, err);
	weft_buf_fini(text);
	return rc;
}

static int write_files(const struct weft_sandbox *s, struct weft_err *err)
{
	char password[2 * PASSWORD_BYTES + 1];
	struct weft_buf b;
	int rc = make_password(password, err);

	if (rc)
		return rc;
	weft_buf_init(&b, 65536);
	weft_buf_addf(&b,
		"CREATE DATABASE IF NOT EXISTS slurm_acct_db;\n"
		"CREATE USER IF NOT EXISTS 'slurm'@'127.0.0.1' IDENTIFIED BY '%s';\n"
		"CREATE USER IF NOT EXISTS 'slurm'@'localhost' IDENTIFIED BY '%s';\n"
		"GRANT ALL ON slurm_acct_db.* TO 'slurm'@'127.0.0.1';\n"
		"GRANT ALL ON slurm_acct_db.* TO 'slurm'@'localhost';\n",
		password, password);
	rc = write_text(s, "database.sql", &b, err);
	if (rc)
		return rc;
	weft_buf_init(&b, 65536);
	weft_buf_addf(&b,
		"AuthType=auth/munge\nAuthInfo=socket=%s/run/munge.socket\n"
		"DbdHost=localhost\nDbdAddr=127.0.0.1\nDbdPort=%u\n"
		"SlurmUser=%s\nPidFile=%s/run/slurmdbd.pid\n"
		"LogFile=%s/log/slurmdbd.log\n", s->dir, s->port + 1,
		getuid() ? "slurm" : "root", s->dir, s->dir);
	weft_buf_addf(&b,
		"StorageType=accounting_storage/mysql\n"
		"StorageHost=127.0.0.1\nStoragePort=%u\nStorageUser=slurm\n"
		"StoragePass=%s\nStorageLoc=slurm_acct_db\n",
		s->port + 2, password);
	return write_text(s, "slurmdbd.conf", &b, err);
}

static int start_mariadb(const struct weft_sandbox *s, struct weft_err *err)
{
	char install[PATH_MAX], program[PATH_MAX], opt[8][PATH_MAX];
	const char *make[] = { install, "--no-defaults", opt[0],
		"--force", "--skip-test-db",
		getuid() ? "--auth-root-authentication-method=normal" :
			"--user=root", NULL };
	const char *run[] = { program, "--no-defaults", opt[0], opt[1], opt[2],
		opt[3], opt[4], "--bind-address=127.0.0.1",
		"--innodb-buffer-pool-size=64M", "--innodb-lock-wait-timeout=900",
		getuid() ? NULL : "--user=root", NULL };
	int rc, code;

	if (!weft_sandbox_program("mariadb-install-db", install, sizeof(install)) ||
	    !weft_sandbox_program("mariadbd", program, sizeof(program)))
		return weft_err_set(err, ENOENT,
			"no MariaDB: install mariadb-server, or leave --slurmdbd out");
	snprintf(opt[0], PATH_MAX, "--datadir=%s/db", s->dir);
	snprintf(opt[1], PATH_MAX, "--socket=%s/run/db.socket", s->dir);
	snprintf(opt[2], PATH_MAX, "--port=%u", s->port + 2);
	snprintf(opt[3], PATH_MAX, "--pid-file=%s/run/db.pid", s->dir);
	snprintf(opt[4], PATH_MAX, "--init-file=%s/etc/database.sql", s->dir);
	rc = weft_sandbox_run(s, make, NULL, &code, err);
	if (!rc && code)
		rc = weft_err_set(err, EIO, "mariadb-install-db failed with %d",
				  code);
	if (!rc)
		rc = weft_sandbox_spawn(s, "mariadbd", run, err);
	return rc ? rc : wait_for_port(s, "mariadbd", s->port + 2, err);
}

int weft_sandbox_start_database(const struct weft_sandbox *s,
				struct weft_err *err)
{
	char program[PATH_MAX], conf[PATH_MAX];
	const char *argv[] = { program, "-D", NULL };
	int rc;

	if (!weft_sandbox_program("slurmdbd", program, sizeof(program)))
		return weft_err_set(err, ENOENT,
			"no slurmdbd: install slurmdbd and slurm-wlm-mysql-plugin, or leave --slurmdbd out");
	rc = write_files(s, err);
	if (!rc)
		rc = start_mariadb(s, err);
	if (rc)
		return rc;
	/* slurmdbd looks for slurmdbd.conf beside the SLURM_CONF it is given. */
	weft_sandbox_path(s, conf, sizeof(conf), "etc/slurmdbd.conf");
	rc = weft_sandbox_spawn(s, "slurmdbd", argv, err);
	return rc ? rc : wait_for_port(s, "slurmdbd", s->port + 1, err);
}
