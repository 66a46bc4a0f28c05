// What tells systemd and launchd to run a proxy: the texts of their files.
// Knows: the directives, and why each. Does not know: where files go, who is told (manager.ts).

/** How this program is started: the Node that runs it, and its first file. Absolute paths. */
export interface Program {
  readonly node: string
  readonly hunch: string
}

export interface FarService {
  readonly program: Program
  readonly config: string
  readonly data: string
  /** Undefined: a user that systemd makes for the service, with a directory of its own under /var/lib. */
  readonly user: string | undefined
  readonly port: number
}

export const FAR_STATE = 'hunch-far'

/**
 * Far as a service of the system. It talks to the whole internet for others, so it gets a process that can do nothing
 * else: no privileges, no files but its own, no kernel interfaces. (MemoryDenyWriteExecute is absent: V8 compiles.)
 */
export function farUnit({ program, config, data, user, port }: FarService): string {
  const isLowPort = port < 1024
  const capability = isLowPort ? 'CAP_NET_BIND_SERVICE' : ''
  const who =
    user === undefined
      ? `DynamicUser=yes\nStateDirectory=${FAR_STATE}\nStateDirectoryMode=0700\nProtectHome=yes`
      : `User=${escape(user)}\nProtectHome=read-only\nReadWritePaths=${quote(data)}`
  return `[Unit]
Description=Hunch far proxy
Documentation=man:hunch(1)
Wants=network-online.target
After=network-online.target

[Service]
Type=exec
ExecStart=${[program.node, program.hunch, 'far', '--config', config].map(quote).join(' ')}
Restart=on-failure
RestartSec=2s
${who}
UMask=0077
LimitNOFILE=65536

AmbientCapabilities=${capability}
CapabilityBoundingSet=${capability}
NoNewPrivileges=yes
${
  // In a name space of users of its own a process may not take a low port of the host.
  isLowPort ? '' : 'PrivateUsers=yes\n'
}ProtectSystem=strict
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectHostname=yes
ProtectControlGroups=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
RemoveIPC=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
`
}

/** Near as a service of its user, for systemd. */
export function nearUnit(program: Program, config: string): string {
  return `[Unit]
Description=Hunch near proxy
Documentation=man:hunch(1)

[Service]
Type=exec
ExecStart=${[program.node, program.hunch, 'near', '--config', config].map(quote).join(' ')}
Restart=on-failure
RestartSec=2s
UMask=0077
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native

[Install]
WantedBy=default.target
`
}

export const NEAR_LABEL = 'org.hunch.near'

/** Near as a service of its user, for launchd. */
export function nearPlist(program: Program, config: string, log: string): string {
  const words = [program.node, program.hunch, 'near', '--config', config]
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key><string>${NEAR_LABEL}</string>
  <key>ProgramArguments</key>
  <array>
${words.map(word => `    <string>${escapeXml(word)}</string>\n`).join('')}  </array>
  <key>RunAtLoad</key><true/>
  <key>KeepAlive</key><dict><key>SuccessfulExit</key><false/></dict>
  <key>ProcessType</key><string>Interactive</string>
  <key>StandardErrorPath</key><string>${escapeXml(log)}</string>
</dict>
</plist>
`
}

/** One word of a command line or a list of paths as systemd reads it (systemd.syntax(7), systemd.service(5)). */
function quote(word: string): string {
  const text = escape(word).replaceAll('$', '$$$$')
  return /^[\w@%+=:,./$-]+$/.test(text) ? text : `"${text.replaceAll(/[\\"]/g, match => `\\${match}`)}"`
}

/** A percent sign begins a specifier (systemd.unit(5)). */
function escape(text: string): string {
  return text.replaceAll('%', '%%')
}

function escapeXml(text: string): string {
  return text.replaceAll(/[&<>]/g, match => `&#${match.charCodeAt(0)};`)
}
