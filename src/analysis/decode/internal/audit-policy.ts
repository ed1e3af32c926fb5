/**
 * The names of Windows' audit policy: an event about a change of it has the number of a category and the identifier of
 * a subcategory, and readers want their names (ruleset-spec 8). Facts published by Microsoft (`auditpol /list /v`).
 */

const categories: ReadonlyMap<string, string> = new Map([
  ["%%8272", "System"],
  ["%%8273", "Logon/Logoff"],
  ["%%8274", "Object Access"],
  ["%%8275", "Privilege Use"],
  ["%%8276", "Detailed Tracking"],
  ["%%8277", "Policy Change"],
  ["%%8278", "Account Management"],
  ["%%8279", "DS Access"],
  ["%%8280", "Account Logon"],
]);

/** Of `{0CCExxxx-69AE-11D9-BED3-505054503030}` the four digits. */
const subcategories: ReadonlyMap<string, string> = new Map([
  ["9210", "Security State Change"],
  ["9211", "Security System Extension"],
  ["9212", "System Integrity"],
  ["9213", "IPsec Driver"],
  ["9214", "Other System Events"],
  ["9215", "Logon"],
  ["9216", "Logoff"],
  ["9217", "Account Lockout"],
  ["9218", "IPsec Main Mode"],
  ["9219", "IPsec Quick Mode"],
  ["921A", "IPsec Extended Mode"],
  ["921B", "Special Logon"],
  ["921C", "Other Logon/Logoff Events"],
  ["921D", "File System"],
  ["921E", "Registry"],
  ["921F", "Kernel Object"],
  ["9220", "SAM"],
  ["9221", "Certification Services"],
  ["9222", "Application Generated"],
  ["9223", "Handle Manipulation"],
  ["9224", "File Share"],
  ["9225", "Filtering Platform Packet Drop"],
  ["9226", "Filtering Platform Connection"],
  ["9227", "Other Object Access Events"],
  ["9228", "Sensitive Privilege Use"],
  ["9229", "Non Sensitive Privilege Use"],
  ["922A", "Other Privilege Use Events"],
  ["922B", "Process Creation"],
  ["922C", "Process Termination"],
  ["922D", "DPAPI Activity"],
  ["922E", "RPC Events"],
  ["922F", "Audit Policy Change"],
  ["9230", "Authentication Policy Change"],
  ["9231", "Authorization Policy Change"],
  ["9232", "MPSSVC Rule-Level Policy Change"],
  ["9233", "Filtering Platform Policy Change"],
  ["9234", "Other Policy Change Events"],
  ["9235", "User Account Management"],
  ["9236", "Computer Account Management"],
  ["9237", "Security Group Management"],
  ["9238", "Distribution Group Management"],
  ["9239", "Application Group Management"],
  ["923A", "Other Account Management Events"],
  ["923B", "Directory Service Access"],
  ["923C", "Directory Service Changes"],
  ["923D", "Directory Service Replication"],
  ["923E", "Detailed Directory Service Replication"],
  ["923F", "Credential Validation"],
  ["9240", "Kerberos Service Ticket Operations"],
  ["9241", "Other Account Logon Events"],
  ["9242", "Kerberos Authentication Service"],
  ["9243", "Network Policy Server"],
  ["9244", "Detailed File Share"],
  ["9245", "Removable Storage"],
  ["9246", "Central Policy Staging"],
  ["9247", "User / Device Claims"],
  ["9248", "Plug and Play Events"],
  ["9249", "Group Membership"],
  ["924A", "Token Right Adjusted Events"],
]);

const guidPattern = /^\{?0CCE([0-9A-F]{4})-69AE-11D9-BED3-505054503030\}?$/i;

/** Undefined for a number that no category has. */
export function auditCategory(id: string): string | undefined {
  return categories.get(id.trim());
}

export function auditSubcategory(guid: string): string | undefined {
  const digits = guidPattern.exec(guid.trim())?.[1];
  return digits === undefined ? undefined : subcategories.get(digits.toUpperCase());
}
